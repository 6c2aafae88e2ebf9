using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Passpack.Protocol;

namespace Passpack.Health.Breaches;

/// <summary>
/// A range API of breached passwords: it is told the first 5 digits of a hash, and answers with the rests of all that begin so. Nothing that it says is
/// trusted but the counts. Its answers are padded, where it can, so that their length tells nothing.
/// </summary>
public sealed class BreachService : IDisposable
{
    // An answer has about a thousand lines of 40 bytes.
    private const int MostBytes = 1 << 20;

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Uri _address;
    private readonly string _name;
    private readonly HttpClient _http;

    /// <summary>Asks nothing yet.</summary>
    /// <param name="address">
    /// What a prefix is appended to, <c>https://passwords.example.com/range/</c>; plain HTTP on this machine only. With the query <c>mode=ntlm</c> the
    /// hash is NTLM, else SHA-1.
    /// </param>
    /// <exception cref="ArgumentException">It is no such address.</exception>
    /// <exception cref="PasspackException"><see cref="ErrorCodes.InsecureTransport"/>.</exception>
    public BreachService(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) || address.UserInfo.Length > 0
            || address.Fragment.Length > 0)
            throw new ArgumentException("-BreachUri has to look like https://passwords.example.com/range/, without a user name, a password, or #.");
        _name = PrintableText.Of(address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), 200);
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
        {
            throw new PasspackException(ErrorCodes.InsecureTransport, $"{_name} is not encrypted, so others could see which passwords are asked for, " +
                "and forge the answers. Plain HTTP is accepted only on this machine itself; use https.") { Target = _name };
        }
        _address = address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;
        Hash = address.Query.TrimStart('?').Split('&').Contains("mode=ntlm", StringComparer.OrdinalIgnoreCase) ? BreachHash.Ntlm : BreachHash.Sha1;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !address.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None, // A small answer could become a huge one.
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 32,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Passpack/7");
        _http.DefaultRequestHeaders.Add("Add-Padding", "true");
    }

    /// <summary>By which it is asked.</summary>
    public BreachHash Hash { get; }

    /// <summary>How many requests were sent.</summary>
    public int Requests { get; private set; }

    /// <summary>How often passwords of one prefix were in breaches, by one request.</summary>
    /// <param name="prefix">The first 5 digits of all of them.</param>
    /// <param name="digits">Hashes, as <see cref="BreachDigits.Of"/> gives them.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>A count for each; 0 for what is not known.</returns>
    /// <exception cref="PasspackException">
    /// <see cref="ErrorCodes.ServerUnreachable"/>, <see cref="ErrorCodes.ServerRefused"/>, <see cref="ErrorCodes.RateLimited"/>,
    /// <see cref="ErrorCodes.BreachListDamaged"/>: the answer is none of a range API.
    /// </exception>
    internal async Task<long[]> CountAsync(string prefix, IReadOnlyList<byte[]> digits, CancellationToken cancellationToken)
    {
        Dictionary<string, long> sought = new(StringComparer.OrdinalIgnoreCase);
        foreach (byte[] one in digits)
            sought[Rest(one)] = 0;
        Read(await GetAsync(prefix, cancellationToken), sought);
        return [.. digits.Select(one => sought[Rest(one)])];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string Rest(byte[] digits) => Encoding.ASCII.GetString(digits.AsSpan(BreachDigits.Prefix));

    private async Task<string> GetAsync(string prefix, CancellationToken cancellationToken)
    {
        Requests++;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            Uri address = new UriBuilder(_address) { Path = _address.AbsolutePath + prefix }.Uri;
            using HttpResponseMessage answer = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (answer.StatusCode != HttpStatusCode.OK)
                throw BreachErrors.Refused(_name, (int)answer.StatusCode);
            await using Stream body = await answer.Content.ReadAsStreamAsync(patience.Token);
            byte[] bytes = new byte[MostBytes + 1];
            int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, patience.Token);
            return length <= MostBytes ? Encoding.ASCII.GetString(bytes, 0, length)
                : throw BreachErrors.WrongAnswer(_name, "it sends more than 1 MiB for a prefix");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw BreachErrors.Unreachable(_name, "no whole answer came within 30 seconds", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw BreachErrors.Unreachable(_name, e.InnerException?.Message ?? e.Message, e);
        }
    }

    // Every line is checked, so that a page of another kind is never taken for "not breached".
    private void Read(string answer, Dictionary<string, long> sought)
    {
        int digits = BreachDigits.Count(Hash) - BreachDigits.Prefix, lines = 0;
        foreach (ReadOnlySpan<char> line in answer.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
                continue;
            lines++;
            if (line.Length <= digits + 1 || line[digits] != ':' || line[..digits].ContainsAnyExcept(s_hex)
                || !long.TryParse(line[(digits + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
                throw BreachErrors.WrongAnswer(_name, $"a line is not {digits} hexadecimal digits, a colon and a count");
            string rest = line[..digits].ToString();
            // A count of 0 is padding.
            if (sought.TryGetValue(rest, out long known))
                sought[rest] = Math.Max(known, count);
        }
        if (lines == 0)
            throw BreachErrors.WrongAnswer(_name, "it sends an empty answer for a prefix");
    }
}
