# Stands in for Microsoft.PowerShell.SecretManagement where that is not installed: the types that an extension needs, and its commands, which ask the
# extension of the module Passpack as the real ones do, each in one call.
if (-not ('Microsoft.PowerShell.SecretManagement.SecretInformation' -as [type])) {
    Add-Type -TypeDefinition @'
using System;
using System.Collections;
namespace Microsoft.PowerShell.SecretManagement
{
    public enum SecretType { Unknown, ByteArray, String, SecureString, PSCredential, Hashtable }
    public sealed class PasswordRequiredException : InvalidOperationException { public PasswordRequiredException(string message) : base(message) { } }
    public sealed class SecretInformation
    {
        public string Name { get; } public SecretType Type { get; } public string VaultName { get; } public Hashtable Metadata { get; }
        public SecretInformation(string name, SecretType type, string vaultName, Hashtable metadata) { Name = name; Type = type; VaultName = vaultName; Metadata = metadata; }
    }
}
'@
}

# Calls one of the extension's functions; errors come out as they are.
function Invoke-Extension([string] $Command, [hashtable] $Arguments) {
    $extension = (Get-Module Passpack).NestedModules | Where-Object Name -EQ Passpack.Extension
    # Errors are written, as in a runspace of SecretManagement's own.
    & $extension { param($command, $arguments) $ErrorActionPreference = 'Continue'; & $command @arguments } $Command ($Arguments + @{ VaultName = 'stand-in'; AdditionalParameters = @{} })
}
