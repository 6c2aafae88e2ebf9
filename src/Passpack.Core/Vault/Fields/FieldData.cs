namespace Passpack.Vault.Fields;

/// <summary>The rules for data of an Extra Field that somebody enters. What is imported or synced is kept as it came.</summary>
public static class FieldData
{
    /// <summary>The most bytes of a field of type <see cref="FieldTypes.Binary"/>.</summary>
    public const int MostBytes = 256 * 1024;

    /// <summary>The data as it is kept. Null if the type does not take it.</summary>
    /// <param name="type">The field's type, in lower case.</param>
    /// <param name="data">As it was entered.</param>
    /// <param name="name">The field's name: it labels codes that come without a label.</param>
    /// <param name="fault">What is wrong, without the data.</param>
    public static string? Enter(string type, string data, string name, out string? fault)
    {
        fault = null;
        switch (type)
        {
            case FieldTypes.Totp:
                return OneTimeCode.ToUri(data, "", name, out fault);
            case FieldTypes.SshKey:
                return SshPrivateKey.Read(data, out fault) is null ? null : data;
            case FieldTypes.Binary:
                byte[] bytes = new byte[data.Length / 4 * 3 + 3];
                if (!Convert.TryFromBase64String(data, bytes, out int count))
                    fault = "it is not Base64";
                else
                    fault = FaultOf(count);
                Array.Clear(bytes);
                return fault is null ? data : null;
            case FieldTypes.Credential:
                fault = FieldCredential.Read(data) is null ? "it is no JSON of userName and password" : null;
                return fault is null ? data : null;
            default:
                return data;
        }
    }

    /// <summary>Bytes as they are kept. Null if there are too many.</summary>
    public static string? Enter(byte[] bytes, out string? fault)
    {
        fault = FaultOf(bytes.Length);
        return fault is null ? Convert.ToBase64String(bytes) : null;
    }

    private static string? FaultOf(int count) => count <= MostBytes ? null
        : "it has more than 256 KiB; a file of that size is kept as an attachment of the entry: Add-PasspackAttachment";
}
