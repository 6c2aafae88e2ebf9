using System.Security.Cryptography;
using System.Text;
using Passpack.Transfer.Layouts;
using Passpack.Vault.Entries;

namespace Passpack.Transfer.Writing;

/// <summary>Writes Bitwarden's JSON, protected by a password (<see cref="BitwardenProtection"/>), as it comes.</summary>
internal sealed class BitwardenEncryptedWriter : IEntryWriter
{
    private const int SaltBytes = 16;

    private readonly Stream _target;
    private readonly BitwardenSealingStream _sealing;
    private readonly BitwardenWriter _content;

    private BitwardenEncryptedWriter(Stream target, ExportOptions options, TargetLosses losses)
    {
        _target = target;
        BitwardenCost cost = BitwardenCost.Current;
        string salt = Convert.ToBase64String(RandomNumberGenerator.GetBytes(SaltBytes));
        using var protection = new BitwardenProtection(options.Key!, salt, cost);
        string validation = protection.Seal(Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()));
        // All of it is Base64, or has no character that JSON escapes.
        _target.Write(Encoding.UTF8.GetBytes($$"""
            {
              "encrypted": true,
              "passwordProtected": true,
              "salt": "{{salt}}",
              "kdfType": 0,
              "kdfIterations": {{cost.Rounds}},
              "kdfMemory": null,
              "kdfParallelism": null,
              "encKeyValidation_DO_NOT_EDIT": "{{validation}}",
              "data": "
            """));
        _sealing = protection.SealTo(target);
        _content = new BitwardenWriter(_sealing, losses);
    }

    public static TargetFormat Target { get; } = new(EntryFileFormat.BitwardenEncrypted, "Bitwarden")
    {
        Open = (stream, options, losses) => new BitwardenEncryptedWriter(stream, options, losses),
        IsEncrypted = true,
        Losses = BitwardenWriter.Losses,
    };

    public void Write(FullEntry entry) => _content.Write(entry);

    public void Complete()
    {
        _content.Complete();
        _sealing.Complete();
        _target.Write("\"\n}\n"u8);
    }

    public void Dispose()
    {
        _content.Dispose();
        _sealing.Dispose();
    }
}
