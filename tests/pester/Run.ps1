# Runs one file of tests and writes a line for each test: outcome, name, error or why it was skipped; separated by tabs. Exits with 1 when a test failed.
# A skipped test says why by Set-ItResult -Because, or by a tag of its own or of a block around it: 'needs ...'. Without a reason it has failed.
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Report
)
$ErrorActionPreference = 'Stop'
Import-Module ($env:PASSPACK_TEST_PESTER ? $env:PASSPACK_TEST_PESTER : 'Pester') -MinimumVersion 5.0 -MaximumVersion 5.99

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.CIFormat = 'None'
$result = Invoke-Pester -Configuration $configuration

function ConvertTo-Line($Outcome, $Name, $Message) {
    ($Outcome, $Name, $Message | ForEach-Object { $_ -replace '\s+', ' ' }) -join "`t"
}

function Get-Message($ErrorRecord) {
    # Pester's own frames below the test's say nothing.
    @($ErrorRecord | ForEach-Object { "$($_.Exception.Message) $(@($_.ScriptStackTrace -split '\n' -notmatch 'Pester\.psm?1')[0..1])" }) -join ' | '
}

function Get-SkipReason($Test) {
    if ("$($Test.ErrorRecord)" -match 'is skipped, because (?<reason>.+)') { return $Matches.reason }
    $tags = @($Test.Tag)
    for ($block = $Test.Block; $block; $block = $block.Parent) { $tags += $block.Tag }
    $tags -like 'needs *' | Select-Object -First 1
}

$lines = @(
    foreach ($test in $result.Tests) {
        $name = $test.ExpandedPath
        if ($test.Result -eq 'Passed') { ConvertTo-Line Passed $name }
        elseif ($test.Result -eq 'Failed') { ConvertTo-Line Failed $name (Get-Message $test.ErrorRecord) }
        elseif ($reason = Get-SkipReason $test) { ConvertTo-Line Skipped $name $reason }
        else { ConvertTo-Line Failed $name 'Skipped without a reason: a tag ''needs ...'' gives one.' }
    }
    # What broke outside of a test: a file that does not parse, a BeforeAll or an AfterAll that threw.
    foreach ($broken in @($result.FailedContainers) + @($result.FailedBlocks)) {
        if ($broken.ErrorRecord) { ConvertTo-Line Failed "$broken" (Get-Message $broken.ErrorRecord) }
    }
)
[IO.File]::WriteAllLines($Report, [string[]] $lines)
exit [int] [bool] ($lines -match '^Failed\t')
