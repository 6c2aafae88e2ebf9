# Every script, module and manifest of the repository under PSScriptAnalyzer: what is shipped or shown by the rules of the root, tests by their own.
BeforeDiscovery {
    $missing = -not (Get-Module PSScriptAnalyzer -ListAvailable)
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $files = Get-ChildItem $root -Recurse -File -Include *.ps1, *.psm1, *.psd1 | ForEach-Object { [IO.Path]::GetRelativePath($root, $_.FullName) -replace '\\', '/' } |
        Where-Object { $_ -notmatch '(^|/)(bin|obj|out|artifacts)/' }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'PSScriptAnalyzer' -Tag 'needs PSScriptAnalyzer' -Skip:$missing {
    It 'has nothing to say of <_>' -ForEach $files {
        $settings = $_ -like 'tests/*' ? 'tests/pester/PSScriptAnalyzerSettings.psd1' : 'PSScriptAnalyzerSettings.psd1'
        # The manifest names files that are beside it only where the module is laid out.
        $file = $_ -eq 'Passpack.psd1' ? $ModulePath : (Join-Path $root $_)
        Invoke-ScriptAnalyzer $file -Settings (Join-Path $root $settings) | ForEach-Object { "$($_.RuleName), line $($_.Line): $($_.Message)" } | Should -BeNullOrEmpty
    }

    It 'would say something' {
        $bad = Join-Path $TestDrive 'bad.ps1'
        Set-Content $bad 'function Get-It { Invoke-Expression $args[0] }'
        (Invoke-ScriptAnalyzer $bad -Settings (Join-Path $root PSScriptAnalyzerSettings.psd1)).RuleName | Should -Contain 'PSAvoidUsingInvokeExpression'
    }
}
