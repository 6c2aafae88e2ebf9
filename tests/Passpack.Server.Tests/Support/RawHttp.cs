using System.Net.Sockets;
using System.Text;

namespace Passpack.Server.Tests.Support;

/// <summary>Bytes as an attacker sends them, without a client that would put them right.</summary>
internal static class RawHttp
{
    // A guard against a hang, and no measure of speed.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public static async Task<Socket> ConnectAsync(Uri server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port);
        return socket;
    }

    /// <summary>Sends all of it, and reads until the server closes the connection.</summary>
    public static async Task<string> ExchangeAsync(Uri server, string text)
    {
        using Socket socket = await ConnectAsync(server);
        Task sending = SendAsync(socket, Encoding.Latin1.GetBytes(text));
        string answer = await ReadToEndAsync(socket);
        await sending;
        return answer;
    }

    /// <summary>Sends as much as the server takes.</summary>
    public static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;)
                sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
        catch (SocketException)
        {
            // Closed already, which is one of the answers that are tested.
        }
    }

    /// <summary>All that comes until the server closes the connection.</summary>
    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var hang = new CancellationTokenSource(s_patience);
        var all = new StringBuilder();
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (await socket.ReceiveAsync(buffer, hang.Token) is > 0 and int read)
                all.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // Reset, because the server had not read everything.
        }

        return all.ToString();
    }
}
