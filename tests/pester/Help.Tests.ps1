# Get-Help as a person meets it, and every example of every page, run as it is written.
BeforeDiscovery {
    $pages = Join-Path (Split-Path (Split-Path $PSScriptRoot)) docs/en-US
    $topics = Get-ChildItem $pages/about_*.md | ForEach-Object BaseName
    $cmdlets = (Import-PowerShellDataFile (Join-Path $pages ../../Passpack.psd1)).CmdletsToExport
    . $PSScriptRoot/Examples.ps1
    $examples = @(Get-ChildItem $pages/*-*.md | ForEach-Object { Get-PageExample $_.FullName }) + @(Get-TopicExample $pages/about_Passpack_Automation.md)
}

BeforeAll {
    . $PSScriptRoot/Open.ps1
}

Describe 'Get-Help <_>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $_ -Full
        $command = Get-Command $_
    }

    It 'has a synopsis, a description, inputs, outputs and links' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match "^\s*$_" -Because 'PowerShell makes up the syntax where there is no help'
        $help.description.Text -join '' | Should -Not -BeNullOrEmpty
        $help.inputTypes.inputType.type.name | Should -Not -BeNullOrEmpty
        $help.returnValues.returnValue.type.name | Should -Not -BeNullOrEmpty
        $help.relatedLinks.navigationLink.linkText | Should -Not -BeNullOrEmpty
    }

    It 'has a page that Get-Help -Online opens' {
        $address = $help.relatedLinks.navigationLink[0].uri
        $address | Should -BeExactly "$((Import-PowerShellDataFile (Join-Path $root Passpack.psd1)).PrivateData.PSData.ProjectUri)/blob/main/docs/en-US/$_.md"
        Join-Path $root docs/en-US "$_.md" | Should -Exist
    }

    It 'has help for every parameter, as the cmdlet declares it' {
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        $declared = $command.Parameters.Values | Where-Object { $_.Name -notin $common -and -not $_.Attributes.Where({ $_.DontShow }) }
        $all = @(Get-Help $command.Name -Parameter *)
        foreach ($parameter in $declared) {
            $shown = $all.Where({ $_.name -eq $parameter.Name })
            $shown | Should -HaveCount 1
            $shown.description.Text -join '' | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) needs help"
            $shown.aliases | Should -Be ($parameter.Aliases ? $parameter.Aliases -join ', ' : 'none')
            $uses = $parameter.ParameterSets.Values
            if ($uses.Count -eq 1) {
                $shown.required | Should -Be "$($uses.IsMandatory)"
                $shown.position | Should -Be ($uses.Position -ge 0 ? "$($uses.Position)" : 'named')
            }
        }
        $help.parameters.parameter.name | Sort-Object | Should -Be ($declared.Name | Sort-Object)
    }

    It 'has the syntax that PowerShell itself sees' {
        $help.syntax.syntaxItem.Count | Should -Be $command.ParameterSets.Count
    }

    It 'has at least two examples' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        $help.examples | Out-String -Width 4096 | Should -Match $command.Name
    }
}

Describe 'Get-Help <_>' -ForEach $topics {
    It 'shows the topic in lines of at most 80 columns, but for code' {
        $text = Get-Help $_ | Out-String -Width 4096
        $text | Should -Match "TOPIC\s+$_"
        $text -split '\r?\n' | Where-Object { $_ -notmatch '^ {8}' -and $_.Length -gt 80 } | Should -BeNullOrEmpty
    }
}

Describe 'The example' {
    BeforeAll {
        . $PSScriptRoot/Examples.ps1
        Initialize-Session
    }

    AfterAll {
        Exit-Session
    }

    It 'of <Page>, <Title>, runs' -ForEach $examples {
        { Invoke-PageExample $Setup $Code } | Should -Not -Throw
    }
}
