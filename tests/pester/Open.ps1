# How a file of tests opens; dot-source it in BeforeAll. What the files share, the module, and a machine without accounts; with -WithServer also the
# real server, over an empty store: $server, at $url. Close-Test in AfterAll ends it all.
param([switch] $WithServer)

. $PSScriptRoot/Common.ps1
Import-Module $ModulePath
# Derived once, a key of this process is remembered: most of the time of many files went into deriving the same ones. Processes that a test starts derive for themselves.
$null = [Reflection.Assembly]::LoadFrom($TestCmdletsPath)
[Passpack.TestCmdlets.RememberedKeys]::Use([Reflection.Assembly]::Load('Passpack.Core').GetType('Passpack.Packing.Keys.KeyDerivation'))
if ($WithServer) {
    $server = Start-TestServer
    $url = $server.Url
}

function Close-Test {
    Lock-PasspackVault -All
    Stop-TestServer $server
}
