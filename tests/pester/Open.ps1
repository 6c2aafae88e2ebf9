# How a file of tests opens; dot-source it in BeforeAll. What the files share, the module, and a machine without accounts; with -WithServer also the
# real server, over an empty store: $server, at $url. Close-Test in AfterAll ends it all.
param([switch] $WithServer)

. $PSScriptRoot/Common.ps1
Import-Module $ModulePath
if ($WithServer) {
    $server = Start-TestServer
    $url = $server.Url
}

function Close-Test {
    Lock-PasspackVault -All
    Stop-TestServer $server
}
