# Runs one file of tests and writes a line for each test: outcome, name, error; separated by tabs. Exits with 1 when a test failed.
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

function ConvertTo-Line($Outcome, $Name, $ErrorRecord) {
    # Pester's own frames below the test's say nothing.
    $message = @($ErrorRecord | ForEach-Object { "$($_.Exception.Message) $(@($_.ScriptStackTrace -split '\n' -notmatch 'Pester\.psm?1')[0..1])" }) -join ' | '
    ($Outcome, $Name, $message | ForEach-Object { $_ -replace '\s+', ' ' }) -join "`t"
}

$lines = @(
    foreach ($test in $result.Tests) {
        $outcome = switch ($test.Result) { 'Passed' { 'Passed' } 'Failed' { 'Failed' } default { 'Skipped' } }
        ConvertTo-Line $outcome $test.ExpandedPath $test.ErrorRecord
    }
    # What broke outside of a test: a file that does not parse, a BeforeAll or an AfterAll that threw.
    foreach ($broken in @($result.FailedContainers) + @($result.FailedBlocks)) {
        if ($broken.ErrorRecord) { ConvertTo-Line 'Failed' "$broken" $broken.ErrorRecord }
    }
)
[IO.File]::WriteAllLines($Report, [string[]] $lines)
exit [int] [bool] ($lines -match '^Failed\t')
