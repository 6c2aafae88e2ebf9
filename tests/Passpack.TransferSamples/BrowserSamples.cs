namespace Passpack.TransferSamples;

internal static class BrowserSamples
{
    public static IReadOnlyList<Sample> All { get; } =
    [
        // No name, an app's address, quotes and lines in a note, a row that is too short.
        Sample.OfText("chrome.csv", "Chrome", """
            name,url,username,password,note
            example.com,https://example.com/login,jo,"p,""w",
            ,https://only.host.example/,,secret,
            App,android://hash@com.example.app/,u@example.com,pw,"two
            lines"
            short,https://x.example/
            example.com,https://example.com/login,other,p2,ünïcode

            """),
        Sample.OfText("edge-without-note.csv", "Chrome", "name,url,username,password\r\nA,https://a.example/,u,p\r\n"),
    ];
}
