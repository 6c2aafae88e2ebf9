using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Passpack.Core.Tests.Health;

/// <summary>Stands in for a range API, sound or lying: gives raw bytes, and remembers what was asked.</summary>
internal sealed class RangeServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, byte[]> _answer;

    /// <param name="answer">From the prefix to the raw answer; see <see cref="Ok"/>.</param>
    public RangeServer(Func<string, byte[]> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/range/");
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    /// <summary>The heads of the requests so far.</summary>
    public List<string> Requests { get; } = [];

    public static byte[] Ok(string body) => Raw("200 OK", body);

    public static byte[] Raw(string status, string body, string head = "") =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{head}\r\n{body}");

    public void Dispose() => _listener.Stop();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var head = new StringBuilder();
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                    head.AppendLine(line);
                if (head.Length == 0)
                    continue;
                Requests.Add(head.ToString());
                try
                {
                    await stream.WriteAsync(_answer(head.ToString().Split(' ')[1].Split('?')[0][^5..]));
                }
                catch (IOException)
                {
                    // The client has seen enough.
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
