using System.Management.Automation;
using Org.BouncyCastle.Crypto.Generators;

namespace Passpack.Neighbour;

/// <summary>Derives a key by this module's BouncyCastle and says which one it is.</summary>
[Cmdlet(VerbsCommon.Get, "NeighbourBouncyCastle")]
[OutputType(typeof(string))]
public sealed class GetNeighbourBouncyCastleCommand : PSCmdlet
{
    protected override void ProcessRecord()
    {
        // RFC 7914, section 12: the vector of the empty password.
        byte[] key = SCrypt.Generate([], [], 16, 1, 1, 64);
        WriteObject(typeof(SCrypt).Assembly.GetName().Version!.ToString());
        WriteObject(Convert.ToHexString(key)[..8]);
    }
}
