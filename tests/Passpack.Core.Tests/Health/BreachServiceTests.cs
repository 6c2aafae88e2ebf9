using Passpack.Health.Breaches;
using Passpack.Protocol;

namespace Passpack.Core.Tests.Health;

/// <summary>A range API is told 5 digits and no more; what is no answer of one is refused.</summary>
public sealed class BreachServiceTests
{
    private const string Rest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"; // SHA-1 of "password" is 5BAA6 and this.

    [Fact]
    public async Task A_service_is_told_a_prefix_and_asked_for_padding()
    {
        using var server = new RangeServer(_ => RangeServer.Ok($"{new string('0', 35)}:0\r\n{Rest.ToLowerInvariant()}:42\r\n{new string('F', 35)}:3"));
        long[] counts = await AskAsync(server.Address, "password", "another");
        Assert.Equal((IEnumerable<long>)[42, 0], counts);
        string request = Assert.Single(server.Requests);
        Assert.StartsWith("GET /range/5BAA6 HTTP/1.1", request, StringComparison.Ordinal);
        Assert.Contains("Add-Padding: true", request, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Rest[..6], request, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Padding_is_no_breach()
    {
        using var server = new RangeServer(_ => RangeServer.Ok($"{Rest}:0\r\n"));
        Assert.Equal(0, Assert.Single(await AskAsync(server.Address, "password")));
    }

    [Fact]
    public async Task With_its_mode_the_hash_is_NTLM()
    {
        using var server = new RangeServer(_ => RangeServer.Ok("7EAEE8FB117AD06BDD830B7586C:5\n"));
        using var service = new BreachService(new Uri(server.Address, "?mode=ntlm"));
        Assert.Equal(BreachHash.Ntlm, service.Hash);
        Assert.Equal(5, Assert.Single(await service.CountAsync("8846F", [BreachDigits.Of(BreachHash.Ntlm, "password")], default)));
        Assert.Contains("/range/8846F?mode=ntlm ", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Lies => new()
    {
        { ErrorCodes.BreachListDamaged, "200 OK|" },
        { ErrorCodes.BreachListDamaged, "200 OK|<html>Sign in, please</html>" },
        { ErrorCodes.BreachListDamaged, $"200 OK|{Rest}:1\r\n{Rest[1..]}:1" },
        { ErrorCodes.BreachListDamaged, $"200 OK|{Rest}" },
        { ErrorCodes.BreachListDamaged, $"200 OK|{Rest}:-1" },
        { ErrorCodes.BreachListDamaged, "200 OK|7EAEE8FB117AD06BDD830B7586C:5" },
        { ErrorCodes.BreachListDamaged, "huge" },
        { ErrorCodes.ServerRefused, "302 Found|" },
        { ErrorCodes.ServerRefused, "404 Not Found|" },
        { ErrorCodes.RateLimited, "429 Too Many Requests|" },
        { ErrorCodes.ServerUnreachable, "503 Service Unavailable|" },
        { ErrorCodes.ServerUnreachable, "cut" },
    };

    [Theory, MemberData(nameof(Lies))]
    public async Task An_answer_that_is_none_is_refused(string errorId, string answer)
    {
        using var elsewhere = new RangeServer(_ => RangeServer.Ok($"{Rest}:1"));
        using var server = new RangeServer(_ => answer switch
        {
            "huge" => RangeServer.Ok(string.Concat(Enumerable.Repeat($"{Rest}:1\r\n", 40_000))),
            "cut" => RangeServer.Ok($"{Rest}:1\r\n")[..^10],
            _ => RangeServer.Raw(answer.Split('|')[0], answer.Split('|')[1], $"Location: {elsewhere.Address}5BAA6\r\n"),
        });
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => AskAsync(server.Address, "password"));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains("http://127.0.0.1:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("5BAA6", error.Message, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("http://passwords.example.com/range/", ErrorCodes.InsecureTransport)]
    [InlineData("ftp://passwords.example.com/range/", null)]
    [InlineData("https://user:secret@passwords.example.com/range/", null)]
    [InlineData("https://passwords.example.com/range/#secret", null)]
    public void An_address_that_would_tell_others_is_refused(string address, string? errorId)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => new BreachService(new Uri(address)));
        Assert.Equal(errorId, (error as PasspackException)?.ErrorId);
        Assert.Equal(errorId is null, error is ArgumentException);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_told_with_the_address()
    {
        var server = new RangeServer(_ => []);
        server.Dispose();
        PasspackException error = await Assert.ThrowsAsync<PasspackException>(() => AskAsync(server.Address, "password"));
        Assert.Equal(ErrorCodes.ServerUnreachable, error.ErrorId);
    }

    // The second password's hash begins otherwise; the service compares what follows the prefix alone.
    private static async Task<long[]> AskAsync(Uri address, params string[] passwords)
    {
        using var service = new BreachService(address);
        return await service.CountAsync("5BAA6", [.. passwords.Select(password => BreachDigits.Of(BreachHash.Sha1, password))], TestContext.Current.CancellationToken);
    }
}
