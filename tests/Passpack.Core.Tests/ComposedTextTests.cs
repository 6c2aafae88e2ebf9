using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Passpack.Core.Tests.Vault;
using Passpack.Packing.Records;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;

namespace Passpack.Core.Tests;

public sealed class ComposedTextTests
{
    // Of Unicode 14, with which the table was made; the platform may know later ones.
    private static readonly int[] s_marked =
        [.. Enumerable.Range(0, 0x110000).Where(c => Rune.IsValid(c) && ComposedText.CanDiffer(new Rune(c).ToString()))];

    [Fact]
    public void Every_character_that_is_known_is_composed_as_the_platform_does()
    {
        Assert.True(s_marked.Length > 13_000);
        foreach (string text in s_marked.Select(c => new Rune(c).ToString()))
        {
            Assert.Equal(text.Normalize(NormalizationForm.FormC), ComposedText.Of(text));
            Assert.Equal(text.Normalize(NormalizationForm.FormC), ComposedText.Of(text.Normalize(NormalizationForm.FormD)));
        }
    }

    [Fact]
    public void Any_text_of_them_is_composed_as_the_platform_does()
    {
        Gen<int> character = Gen.OneOf(Gen.Elements(s_marked), Gen.Choose(0x300, 0x340), Gen.Choose('a', 'z'), Gen.Choose(0x1100, 0x11FF), Gen.Choose(0xAC00, 0xD7A3));
        Prop.ForAll(Gen.ArrayOf(character).ToArbitrary(), characters =>
        {
            string text = string.Concat(characters.Select(c => new Rune(c)));
            return ComposedText.Of(text) == text.Normalize(NormalizationForm.FormC);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Half_a_surrogate_pair_stays() => Assert.Equal("\ud800\u00E9", ComposedText.Of("\ud800e\u0301"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Names_and_tags_are_found_in_either_form_on_hosts_with_and_without_globalization(bool isInvariant)
    {
        using var test = new TestVault();
        test.Add(new EntryEdit { Name = "Cafe\u0301", Tags = ["caf\u00E9", "CAFE\u0301"] });
        EntrySummary entry = test.Vault.List(new EntryQuery { Name = "CAF\u00C9" }).Single();
        // Kept as typed, whatever it is compared as.
        Assert.Equal(("Cafe\u0301", "caf\u00E9"), (entry.Name, entry.Tags.Single()));
        test.Vault.Dispose();
        using Process worker = Worker.Start("find", test.Home, "", 1, isInvariant);
        string[] shown = worker.StandardOutput.ReadToEnd().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([$"composes {!isInvariant}", "1 1 1", "1 1 1", "True"], shown);
    }

    [Fact]
    public void A_tag_is_removed_in_either_form()
    {
        using var test = new TestVault();
        EntrySummary entry = test.Add(new EntryEdit { Name = "n", Tags = ["caf\u00E9", "other"] });
        test.Write(writer => writer.Edit(entry.Id, new EntryEdit { AddTags = ["Cafe\u0301"] }));
        Assert.Equal(["caf\u00E9", "other"], test.Vault.List(new EntryQuery()).Single().Tags);
        test.Write(writer => writer.Edit(entry.Id, new EntryEdit { RemoveTags = ["Cafe\u0301"] }));
        Assert.Equal(["other"], test.Vault.List(new EntryQuery()).Single().Tags);
        Assert.True(Passpack.Vault.Entries.EntryTags.AreSame(["\u00E9"], ["E\u0301"]));
    }

    [Theory]
    [InlineData("a packing key for test\u00E9", true)]
    [InlineData("a packing key for teste\u0301", true)]
    [InlineData("another packing key", false)]
    public void A_key_with_letters_of_two_forms_that_does_not_fit_is_told_of_them(string key, bool isTold)
    {
        using var test = new TestVault();
        test.Vault.Dispose();
        using SecretBytes packingKey = SecretBytes.FromChars(key);
        PasspackException error = Errors.Of(ErrorCodes.PackingKeyMismatch, () => LocalVault.Unlock(test.Home, TestVault.UserId, packingKey).Dispose());
        Assert.Equal(isTold, error.Message.Contains("NFD", StringComparison.Ordinal));
    }
}
