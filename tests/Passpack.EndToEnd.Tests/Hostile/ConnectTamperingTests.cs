using System.Security.Cryptography;
using System.Text;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Protocol;
using Passpack.Vault.Account;
using Passpack.Vault.Entries;
using Passpack.Vault.Storage;

namespace Passpack.EndToEnd.Tests.Hostile;

/// <summary>Lies at login, registration and connection: about key derivation, keys, tokens and history. Nothing is written.</summary>
public sealed class ConnectTamperingTests(RealAccount account) : IClassFixture<RealAccount>
{
    private static readonly Dictionary<string, string?> s_derivations = new()
    {
        ["a quarter of the floor's work"] = "13.8.1",
        ["half of it"] = "14.8.1",
        ["next to none"] = "1.1.1",
        ["smaller blocks"] = "17.7.1",
        ["none"] = "0.0.0",
        ["512 MiB"] = "19.8.1",
        ["a terabyte"] = "24.64.4",
        ["great parallelization"] = "17.8.99",
        ["all nines"] = "99.99.99",
        ["more than an integer holds"] = "17.8.99999999999999999999",
        ["a negative one"] = "-1.8.1",
        ["a line more"] = "17.8.1\n",
        ["other digits"] = "\u0661\u0667.8.1",
        ["another algorithm"] = "pbkdf2.1000",
        ["words for the terminal"] = "\u001b[31mtype your Packing Key",
        ["empty"] = "",
        ["very long"] = new string('9', 1_000_000),
    };

    public static TheoryData<string> Derivations() => [.. s_derivations.Keys];

    [Theory]
    [MemberData(nameof(Derivations))]
    public async Task Key_derivation_of_the_Password(string which)
    {
        account.Hostile.Requests = 0;
        PasspackException refused = await RefusedAsync(ErrorCodes.ServerTampered, Parameters(parameters => parameters with { Kdf = s_derivations[which]! }));
        // No proof was made, let alone sent.
        Assert.Equal(1, account.Hostile.Requests);
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Fact]
    public Task Key_derivation_left_out() => RefusedAsync(ErrorCodes.ServerRefused, Parameters(parameters => parameters with { Kdf = null! }));

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(100_000)]
    public Task Salt_of_another_length(int length) =>
        RefusedAsync(ErrorCodes.ServerRefused, Parameters(parameters => parameters with { Salt = length < 0 ? null! : new byte[length] }));

    [Fact]
    public Task Another_accounts_keys() => RefusedAsync(ErrorCodes.PackingKeyMismatch, Keys(_ => account.Foreign));

    [Fact]
    public Task Another_accounts_keys_under_this_accounts_vault() =>
        RefusedAsync(ErrorCodes.PackingKeyMismatch, Keys(record => record with { KeyEnvelope = account.Foreign.KeyEnvelope }));

    private static readonly Dictionary<string, Func<KeyRecord, KeyRecord>> s_altered = new()
    {
        ["vault id"] = record => record with { VaultId = Guid.NewGuid() },
        ["epoch"] = record => record with { Epoch = 2 },
        ["epoch 0"] = record => record with { Epoch = 0 },
        ["generation"] = record => record with { Generation = 9 },
        ["pack version"] = record => record with { PackVersion = 6 },
        ["MAC"] = record => record with { Mac = RecordTamperingTests.Flipped(record.Mac) },
        ["short MAC"] = record => record with { Mac = [] },
        ["ciphertext"] = record => record with { KeyEnvelope = Envelope(record, 5, "AAAA" + record.KeyEnvelope.Split('#')[5][4..]) },
        ["weaker derivation"] = record => record with { KeyEnvelope = Envelope(record, 1, "10.8.1") },
        ["costlier derivation"] = record => record with { KeyEnvelope = Envelope(record, 1, "24.64.4") },
        ["checksum"] = record => record with { KeyEnvelope = record.KeyEnvelope[..^5] + "AAAA=" },
        ["no envelope"] = record => record with { KeyEnvelope = "" },
        ["only delimiters"] = record => record with { KeyEnvelope = new string('#', 1_000_000) },
        ["an earlier form"] = record => record with { KeyEnvelope = "6" + record.KeyEnvelope[1..] },
    };

    public static TheoryData<string> Altered() => [.. s_altered.Keys];

    [Theory]
    [MemberData(nameof(Altered))]
    public Task Key_record_altered(string what) => RefusedAsync(ErrorCodes.ServerTampered, Keys(s_altered[what]));

    [Fact]
    public Task Key_record_of_a_later_pack_version() => RefusedAsync(ErrorCodes.PackTooNew, Keys(record => record with { PackVersion = 8 }));

    [Fact]
    public Task Key_envelope_of_a_later_pack_version() =>
        RefusedAsync(ErrorCodes.PackTooNew, Keys(record => record with { KeyEnvelope = "8" + record.KeyEnvelope[1..] }));

    [Fact]
    public Task Key_record_left_out() => RefusedAsync(ErrorCodes.ServerRefused, Keys(_ => null!));

    [Fact]
    public Task Key_envelope_left_out() => RefusedAsync(ErrorCodes.ServerRefused, Keys(record => record with { KeyEnvelope = null! }));

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(1_000_000)]
    public Task Device_token_of_another_length(int length) =>
        RefusedAsync(ErrorCodes.ServerRefused, Login(answer => answer with { DeviceToken = length < 0 ? null! : new byte[length] }));

    [Theory]
    [InlineData(401, ErrorCodes.PasswordRejected, ErrorCodes.PasswordRejected)]
    [InlineData(429, ErrorCodes.AccountLockedOut, ErrorCodes.AccountLockedOut)]
    [InlineData(200, ErrorCodes.PasswordRejected, ErrorCodes.ServerRefused)]
    public Task Login_refused(int status, string code, string errorId) =>
        RefusedAsync(errorId, Lies.About(Routes.Login, _ => Task.FromResult<Answer?>(Answer.Problem(status, code))));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(Limits.ChallengeBytes + 1, 1)]
    [InlineData(56, Limits.WorkDifficulty + 1)]
    [InlineData(56, int.MaxValue)]
    [InlineData(56, -1)]
    public async Task A_registration_asked_for_work_without_sense_or_end(int bytes, int difficulty)
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = Lies.About(Routes.RegistrationChallenge, async exchange => (await exchange.HonestAsync()).With(
            ProtocolJson.Default.RegistrationChallenge, _ => new RegistrationChallenge(new byte[bytes], difficulty)));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.RegisterAsync(home, "new@example.com"));
        Assert.Equal(ErrorCodes.ServerRefused, refused.ErrorId);
        Assert.Empty(home.Accounts());
        account.AssertNothingLeaked();
    }

    [Fact]
    public void Work_that_a_server_asks_for_ends_when_the_user_says_so()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => ProofOfWork.Solve(new byte[56], 64, stop.Token));
    }

    [Fact]
    public async Task Registration_answered_without_a_token()
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = Lies.About(Routes.Accounts, _ => Task.FromResult<Answer?>(Answer.Text("{\"deviceToken\":null,\"keys\":null}", status: 201)));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.RegisterAsync(home, "new@example.com"));
        Assert.Equal(ErrorCodes.ServerRefused, refused.ErrorId);
        Assert.Empty(home.Accounts());
        account.AssertNothingLeaked();
    }

    [Fact]
    public async Task Registration_answered_with_other_keys_than_were_sent()
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = Lies.About(Routes.Accounts, async exchange =>
            (await exchange.HonestAsync()).With(ProtocolJson.Default.LoginAnswer, answer => answer with { Keys = account.Foreign }));
        using (LocalVault vault = await account.RegisterAsync(home, "other@example.com"))
        {
            using VaultUse use = vault.Use();
            Assert.NotEqual(account.Foreign.VaultId, AccountRow.Load(use.Connection).VaultId);
        }
        account.AssertNothingLeaked();
    }

    /// <summary>Nothing is on this machine afterwards; and the honest server is connected to as if nothing had been.</summary>
    private async Task<PasspackException> RefusedAsync(string errorId, Lie lie)
    {
        DataFolder home = account.NewHome();
        account.Hostile.Lie = lie;
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.ConnectAsync(home));
        account.Hostile.Lie = null;
        Assert.Equal(errorId, refused.ErrorId);
        Assert.False(Directory.Exists(home.Path));
        account.AssertNothingLeaked();
        return refused;
    }

    internal static Lie Login(Func<LoginAnswer, LoginAnswer> alter) =>
        Lies.About(Routes.Login, async exchange => (await exchange.HonestAsync()).With(ProtocolJson.Default.LoginAnswer, alter));

    internal static Lie Keys(Func<KeyRecord, KeyRecord> alter) => Login(answer => answer with { Keys = alter(answer.Keys) });

    private static Lie Parameters(Func<LoginParameters, LoginParameters> alter) =>
        Lies.About(Routes.LoginParameters, async exchange => (await exchange.HonestAsync()).With(ProtocolJson.Default.LoginParameters, alter));

    /// <summary>The envelope with another field, and a checksum that fits: anybody can compute that.</summary>
    private static string Envelope(KeyRecord record, int field, string value)
    {
        string[] fields = record.KeyEnvelope.Split('#');
        fields[field] = value;
        string text = string.Join('#', fields[..6]) + "#";
        return text + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..8]);
    }
}
