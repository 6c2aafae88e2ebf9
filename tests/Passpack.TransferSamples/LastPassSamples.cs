namespace Passpack.TransferSamples;

internal static class LastPassSamples
{
    public static IReadOnlyList<Sample> All { get; } =
    [
        Sample.OfText("lastpass.csv", "LastPass", Csv),
        // Copied from a browser: entities for all that is markup, and lines that end in CR CR LF.
        Sample.OfText("lastpass-from-browser.csv", "LastPass",
            "url,username,password,extra,name,grouping,fav\r\r\n" +
            "https://example.com/?a=1&amp;b=2,jo,a&lt;b&amp;amp;&quot;c&#039;,\"one\r\r\ntwo\",R&amp;D,R&amp;D\\Web,1\r\r\n" +
            "http://sn,,,\"NoteType:Server\r\r\nHostname:h\r\r\nUsername:u\r\r\nPassword:p&gt;\r\r\nNotes:n\",S,,0\r\r\n"),
        // Entities that somebody typed: another cell has a bare &.
        Sample.OfText("lastpass-entities-meant.csv", "LastPass", "url,username,password,totp,extra,name,grouping,fav\n,u,&amp;,,,one,,0\n,u,a&b,,,two,,0\n"),
    ];

    private const string Csv = """""
        url,username,password,totp,extra,name,grouping,fav
        https://example.com,jo,"p,""w",JBSWY3DPEHPK3PXP,"a note
        of two lines",Example,Work\Web,1
        http://,jo,p,,,No address,(none),0
        http://group,,,,,,Empty Folder,0
        http://sn,,,,just text: with a colon,Plain note,Notes,0
        http://sn,,,,"NoteType:Credit Card
        Language:en-US
        Name on Card:J. Doe
        Type:Visa
        Number:4111111111111111
        Security Code:123
        Start Date:,
        Expiration Date:February,2028
        Notes:it is
        Number:of no card",My card,,0
        http://sn,,,,"NoteType:SSH Key
        Language:en-US
        Bit Strength:4096
        Passphrase:pass
        Private Key:-----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        Hostname: not a field
        AAAA
        -----END RSA PRIVATE KEY-----
        Public Key:ssh-rsa AAAA
        Hostname:h.example
        Date:March,1,2020
        Notes:",A key,,0
        http://sn,,,,"NoteType:Wi-Fi Password
        SSID:net
        Password:wpa
        Connection Type:WPA2
        Notes:in the
        kitchen",Wi-Fi,,0
        http://sn,,,,"NoteType:Address
        First Name:Jo
        Username:jo
        Email Address:jo@example.com
        Phone:{""num"":""1"",""ext"":"""",""cc3l"":""USA""}
        Birthday:May,4,1990
        Notes:",Me,,0
        http://sn,,,,"NoteType:Custom_1234
        My Secret:value
        of two lines
        Empty:
        Notes:rest",Own type,,0
        https://short.example,u,p
        https://long.example,u,p,,,x,y,0,too,many
        ,,,,,,,

        """"";
}
