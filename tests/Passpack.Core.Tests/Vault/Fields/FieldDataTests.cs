using Passpack.Vault.Fields;

namespace Passpack.Core.Tests.Vault.Fields;

/// <summary>What each type of Extra Field takes where it is entered.</summary>
public sealed class FieldDataTests
{
    [Theory]
    [InlineData(FieldTypes.Totp, "jbsw y3dp-ehpk 3pxp", "otpauth://totp/web%20code?secret=JBSWY3DPEHPK3PXP")]
    [InlineData(FieldTypes.Totp, " otpauth://totp/A?secret=JBSWY3DPEHPK3PXP&digits=8 ", "otpauth://totp/A?secret=JBSWY3DPEHPK3PXP&digits=8")]
    [InlineData(FieldTypes.Binary, "AQID", "AQID")]
    [InlineData(FieldTypes.Hidden, "any text", "any text")]
    [InlineData("of a later version", "any text", "any text")]
    public void Data_is_kept(string type, string data, string expected)
    {
        Assert.Equal(expected, FieldData.Enter(type, data, "web code", out string? fault));
        Assert.Null(fault);
    }

    [Theory]
    [InlineData(FieldTypes.Totp, "not a seed!", "Base32")]
    [InlineData(FieldTypes.SshKey, "no key", "BEGIN")]
    [InlineData(FieldTypes.Binary, "no Base64!", "Base64")]
    public void Data_that_a_type_does_not_take_is_refused_without_being_shown(string type, string data, string expected)
    {
        Assert.Null(FieldData.Enter(type, data, "x", out string? fault));
        Assert.Contains(expected, fault!, StringComparison.Ordinal);
        Assert.DoesNotContain(data, fault!, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_256_KiB_is_for_an_attachment()
    {
        byte[] most = new byte[FieldData.MostBytes], more = new byte[FieldData.MostBytes + 1];
        string kept = FieldData.Enter(most, out string? fault)!;
        Assert.Null(fault);
        Assert.Equal(kept, FieldData.Enter(FieldTypes.Binary, kept, "x", out fault));
        Assert.Null(FieldData.Enter(more, out fault));
        Assert.Contains("Add-PasspackAttachment", fault!, StringComparison.Ordinal);
        Assert.Null(FieldData.Enter(FieldTypes.Binary, Convert.ToBase64String(more), "x", out string? same));
        Assert.Equal(fault, same);
    }
}
