using System.Security.Cryptography;
using System.Text;
using Passpack.EndToEnd.Tests.Support;
using Passpack.Packing.Keys;
using Passpack.Protocol;
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
        RefusedAsync(ErrorCodes.PackingKeyMismatch, Keys(record => record.Altered(content => content with { KeyEnvelope = KeyRecords.Read(account.Foreign).KeyEnvelope })));

    private static readonly Dictionary<string, Func<KeyRecord, KeyRecord>> s_altered = new()
    {
        ["vault id"] = record => record.Altered(content => content with { VaultId = Guid.NewGuid() }),
        ["epoch"] = record => record.Altered(content => content with { Epoch = 2, EarlierKeys = [new byte[KeyRecordContent.EarlierKeyBytes]] }),
        ["generation"] = record => record.Altered(content => content with { Generation = 9 }),
        ["MAC"] = record => record with { Mac = RecordTamperingTests.Flipped(record.Mac) },
        ["signature"] = record => record with { Signature = RecordTamperingTests.Flipped(record.Signature) },
        ["ciphertext"] = record => Envelope(record, 5, "AAAA" + KeyRecords.Read(record).KeyEnvelope.Split('#')[5][4..]),
        ["weaker derivation"] = record => Envelope(record, 1, "10.8.1"),
        ["costlier derivation"] = record => Envelope(record, 1, "24.64.4"),
        ["checksum"] = record => record.Altered(content => content with { KeyEnvelope = content.KeyEnvelope[..^5] + "AAAA=" }),
        ["only delimiters"] = record => record.Altered(content => content with { KeyEnvelope = new string('#', KeyRecordContent.EnvelopeLength) }),
        ["an earlier form"] = record => record.Altered(content => content with { KeyEnvelope = "6" + content.KeyEnvelope[1..] }),
        ["another User ID"] = record => record.Altered(content => content with
        {
            Identity = AccountIdentity.Of("other@example.com", content.Identity.SigningKey, content.Identity.ReceivingKey),
        }),
    };

    private static readonly Dictionary<string, Func<KeyRecord, KeyRecord>> s_malformed = new()
    {
        ["pack version 6"] = record => record.WithNumber(4, 6),
        ["epoch 0"] = record => record.WithNumber(24, 0),
        ["epoch 51"] = record => record.WithNumber(24, 51),
        ["negative generation"] = record => record.WithNumber(0, -1),
        ["no envelope"] = record => record.Altered(content => content with { KeyEnvelope = "" }),
        ["short MAC"] = record => record with { Mac = [] },
        ["short signature"] = record => record with { Signature = new byte[63] },
        ["cut"] = record => record with { Record = record.Record[..^1] },
        ["extended"] = record => record with { Record = [.. record.Record, 0] },
        ["nothing"] = record => record with { Record = [] },
        ["null"] = record => record with { Record = null! },
        ["too large"] = record => record with { Record = [.. record.Record, .. new byte[100_000]] },
        ["an envelope longer than the record"] = record => record.WithNumber(28, int.MaxValue),
        ["an identity of another suite"] = record =>
        {
            byte[] bytes = [.. record.Record];
            bytes[28 + 4 + KeyRecords.Read(record).KeyEnvelope.Length + 4] = 2;
            return record with { Record = bytes };
        },
    };

    public static TheoryData<string> Altered() => [.. s_altered.Keys];

    [Theory]
    [MemberData(nameof(Altered))]
    public Task Key_record_altered(string what) => RefusedAsync(ErrorCodes.ServerTampered, Keys(s_altered[what]));

    public static TheoryData<string> Malformed() => [.. s_malformed.Keys];

    [Theory]
    [MemberData(nameof(Malformed))]
    public Task Key_record_that_is_none(string what) => RefusedAsync(ErrorCodes.ServerRefused, Keys(s_malformed[what]));

    [Fact]
    public Task Key_record_of_another_user_with_the_same_keys()
    {
        // Two accounts of one Packing Key must not be swapped.
        using VaultKeys keys = account.Keys();
        KeyRecord other = RealAccount.Wrap(account.Keys(), RealAccount.PackingKey, 1, "somebody.else@example.com");
        return RefusedAsync(ErrorCodes.ServerTampered, Keys(_ => other));
    }

    [Fact]
    public Task Key_record_of_a_later_pack_version() => RefusedAsync(ErrorCodes.PackTooNew, Keys(record => record.WithNumber(4, 8)));

    [Fact]
    public Task Key_envelope_of_a_later_pack_version() =>
        RefusedAsync(ErrorCodes.PackTooNew, Keys(record => record.Altered(content => content with { KeyEnvelope = "8" + content.KeyEnvelope[1..] })));

    [Fact]
    public Task Key_record_left_out() => RefusedAsync(ErrorCodes.ServerRefused, Keys(_ => null!));

    [Fact]
    public Task Head_left_out() => RefusedAsync(ErrorCodes.ServerRefused, Login(answer => answer with { Account = answer.Account with { Head = null! } }));

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
        account.Hostile.Lie = Lies.About(Routes.Accounts, _ => Task.FromResult<Answer?>(Answer.Text("{\"deviceToken\":null}", status: 201)));
        PasspackException refused = await Assert.ThrowsAsync<PasspackException>(() => account.RegisterAsync(home, "new@example.com"));
        Assert.Equal(ErrorCodes.ServerRefused, refused.ErrorId);
        Assert.Empty(home.Accounts());
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

    internal static Lie Keys(Func<KeyRecord, KeyRecord> alter) => Login(answer => answer with { Account = answer.Account with { Keys = alter(answer.Account.Keys) } });

    private static Lie Parameters(Func<LoginParameters, LoginParameters> alter) =>
        Lies.About(Routes.LoginParameters, async exchange => (await exchange.HonestAsync()).With(ProtocolJson.Default.LoginParameters, alter));

    /// <summary>The envelope with another field, and a checksum that fits: anybody can compute that.</summary>
    private static KeyRecord Envelope(KeyRecord record, int field, string value) => record.Altered(content =>
    {
        string[] fields = content.KeyEnvelope.Split('#');
        fields[field] = value;
        string text = string.Join('#', fields[..6]) + "#";
        return content with { KeyEnvelope = text + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..8]) };
    });
}
