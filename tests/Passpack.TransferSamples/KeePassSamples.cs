using System.Security.Cryptography;
using System.Text;
using Passpack.Transfer.Kdbx;

namespace Passpack.TransferSamples;

internal static class KeePassSamples
{
    private const string Password = "p\u00e4ssword of a database";

    public static IReadOnlyList<Sample> All { get; } =
    [
        Database("kdbx-3.1-aes.kdbx", new(3, 1, KdbxCipher.Aes, KdbxFileMaker.AesKdf(6)) { Password = Password, ValueKind = ValueCipher.Salsa20 }),
        Database("kdbx-3.1-twofish-plain.kdbx", new(3, 1, KdbxCipher.Twofish, KdbxFileMaker.AesKdf(5000)) { Password = "", ValueKind = ValueCipher.ChaCha20, IsCompressed = false }),
        Database("kdbx-4.0-aes-argon2d.kdbx", new(4, 0, KdbxCipher.Aes, KdbxFileMaker.Argon2(isId: false, 0x10)) { Password = Password, ValueKind = ValueCipher.Salsa20 }),
        Database("kdbx-4.0-twofish-aeskdf.kdbx", new(4, 0, KdbxCipher.Twofish, KdbxFileMaker.AesKdf(1)) { Password = Password, IsCompressed = false }),
        Database("kdbx-4.1-chacha20-argon2id.kdbx", new(4, 1, KdbxCipher.ChaCha20, KdbxFileMaker.Argon2(isId: true, 0x13)) { Password = Password, KeyFileContent = KeyFileXml2 }),
        Database("kdbx-4.1-key-file-alone.kdbx", new(4, 1, KdbxCipher.ChaCha20, KdbxFileMaker.Argon2(isId: true, 0x13)) { KeyFileContent = "any file at all"u8.ToArray() }),
        Sample.OfText("keepass.xml", "KeePassXml", KeePassDocuments.All(KeePassDocuments.Clear, isVersion4: false)),
        Sample.OfText("keepassxc.csv", "KeePassXCCsv", """
            "Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"
            "Root","in the root","jo","p,""w","https://example.com/","two
            lines","otpauth://totp/a:jo?secret=JBSWY3DPEHPK3PXP&period=30&digits=6&issuer=a","0","2024-05-06T07:08:09Z","2020-01-02T03:04:05Z"
            "Root/Internet/Mail","","u","p","https://only.address.example/","","","5","",""
            "Root/Recycle Bin","deleted","","p","","","no seed 1","0","",""
            "Root","short"
            "Root","ünïcode","","","","","","0","yesterday",""

            """),
        Sample.OfText("keepassxc-six.csv", "KeePassXCCsv", "\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\"\n\"R/a\",\"t\",\"u\",\"p\",\"\",\"\"\n"),
    ];

    private static byte[] KeyFileXml2
    {
        get
        {
            byte[] key = SHA256.HashData("a key file"u8);
            string hex = Convert.ToHexString(key);
            return Encoding.UTF8.GetBytes($"""
                <?xml version="1.0" encoding="utf-8"?>
                <KeyFile><Meta><Version>2.0</Version></Meta><Key><Data Hash="{Convert.ToHexString(SHA256.HashData(key)[..4])}">
                  {hex[..32]}
                  {hex[32..]}
                </Data></Key></KeyFile>
                """);
        }
    }

    private static Sample Database(string file, KdbxFileMaker maker) => new(file, "Kdbx", () =>
        (maker with { Files = [KeePassDocuments.FileContent, []] }).Make(KeePassDocuments.All(KeePassDocuments.Encrypted, maker.Major >= 4)))
    {
        Key = maker.Password,
        KeyFile = maker.KeyFileContent is { } content ? () => content : null,
    };
}
