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
        // No names, the account's own row, times in milliseconds, the same and another address of the form, a guid.
        Sample.OfText("firefox.csv", "Firefox", """"
            "url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"
            "https://example.com","jo","p,""w",,"https://example.com","{aaaaaaaa-0000-4000-8000-000000000001}","1600000000123","1700000000000","1650000000000"
            "https://router.example","admin","pw","Router, ""old""","","{aaaaaaaa-0000-4000-8000-000000000002}","1600000000000","1600000000000","1600000000000"
            "chrome://FirefoxAccounts","uid","{""version"":1}","Firefox Accounts credentials",,"{aaaaaaaa-0000-4000-8000-000000000003}","1","1","1"
            "moz-proxy://proxy.example:3128","u","","realm",,"{aaaaaaaa-0000-4000-8000-000000000004}","not a time","","999999999999999999"
            "https://example.com","other","p","","https://login.example.com","{aaaaaaaa-0000-4000-8000-000000000005}","1600000000000","","1600000000000"

            """"),
        Sample.OfText("apple-passwords.csv", "Safari", """
            Title,URL,Username,Password,Notes,OTPAuth
            example.com (jo),https://example.com/,jo,"p,""w","a note
            of two lines",otpauth://totp/Example:jo?secret=JBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA1&digits=6&period=30
            ,https://unnamed.example/,,p,,
            short,https://x.example/

            """),
        Sample.OfText("safari-without-notes.csv", "Safari", "Title,Url,Username,Password,OTPAuth\r\nA,https://a.example/,u,p,\r\n"),
    ];
}
