using System.Management.Automation;
using System.Reflection;
using Org.BouncyCastle.Crypto.Generators;

namespace Passpack.ConflictingModule;

/// <summary>Derives a key by this module's BouncyCastle and says which one it is.</summary>
[Cmdlet(VerbsCommon.Get, "ConflictingBouncyCastle")]
[OutputType(typeof(string))]
public sealed class GetConflictingBouncyCastleCommand : PSCmdlet
{
    protected override void ProcessRecord()
    {
        // RFC 7914, section 12: the vector of the empty password.
        byte[] key = SCrypt.Generate([], [], 16, 1, 1, 64);
        // All of them have the assembly version 2.0.0.0.
        WriteObject(typeof(SCrypt).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()!.Version);
        WriteObject(Convert.ToHexString(key)[..8]);
    }
}
