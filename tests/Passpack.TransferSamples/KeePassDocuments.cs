using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;

namespace Passpack.TransferSamples;

/// <summary>KeePass's XML with every trap that the reader knows.</summary>
internal static class KeePassDocuments
{
    /// <summary>The attribute of protected values: encrypted in a database, in the clear in XML that KeePass exports.</summary>
    public const string Encrypted = "Protected", Clear = "ProtectInMemory";

    /// <summary>The document.</summary>
    /// <param name="protect">One of the attributes above.</param>
    /// <param name="isVersion4">Whether times are numbers, and files lie in the inner header.</param>
    public static string All(string protect, bool isVersion4)
    {
        return $"""
            <?xml version="1.0" encoding="utf-8" standalone="yes"?>
            <KeePassFile>
              <!-- a comment -->
              <Meta>
                <Generator>a sample</Generator>{(isVersion4 ? "" : "<HeaderHash>HEADER-HASH</HeaderHash>")}
                <DatabaseName>Sample</DatabaseName>
                <RecycleBinEnabled>True</RecycleBinEnabled>
                <RecycleBinUUID>{Id(90)}</RecycleBinUUID>
                <CustomIcons><Icon><UUID>{Id(80)}</UUID><Data>AAAA</Data></Icon></CustomIcons>
                {(isVersion4 ? "" : Binaries(protect))}
                <CustomData><Item><Key>plug-in</Key><Value {protect}="True">a value that no entry has, and that moves the key stream</Value></Item></CustomData>
              </Meta>
              <Root>
                <Group>
                  <UUID>{Id(1)}</UUID><Name>Root's name</Name><Notes>notes of the root</Notes>
                  {Everything(protect, isVersion4)}
                  {Oddities(protect)}
                  <Group><UUID>{Id(2)}</UUID><Name>Internet</Name><Tags>net</Tags>
                    <Group><UUID>{Id(3)}</UUID><Name> Mail </Name>
                      <Entry><UUID>{Id(12)}</UUID>{Text("Title", "")}{Text("URL", "https://only.address.example/x")}{Text("UserName", "u")}<Tags>a, b</Tags></Entry>
                    </Group>
                    <Group><UUID>{Id(4)}</UUID><Name>empty</Name></Group>
                    <Entry><UUID>{Id(13)}</UUID>{Text("Title", "after the groups")}{Secret("Password", "p13", protect)}</Entry>
                  </Group>
                  {Codes(protect)}
                  {References(protect)}
                  <Group><UUID>{Id(90)}</UUID><Name>Recycle Bin</Name>
                    <Entry><UUID>{Id(14)}</UUID>{Text("Title", "deleted")}{Secret("Password", "p14", protect)}</Entry>
                    <Group><UUID>{Id(91)}</UUID><Name>Old</Name><Entry><UUID>{Id(15)}</UUID>{Text("Title", "deleted with its group")}</Entry></Group>
                  </Group>
                </Group>
                <DeletedObjects><DeletedObject><UUID>{Id(99)}</UUID><DeletionTime>{Time("2024-01-01T00:00:00Z", isVersion4)}</DeletionTime></DeletedObject></DeletedObjects>
              </Root>
            </KeePassFile>
            """;
    }

    public static byte[] FileContent => "the content of a file"u8.ToArray();

    /// <summary>A document of one entry.</summary>
    public static string One(string inEntry) =>
        $"<KeePassFile><Root><Group><UUID>{Id(1)}</UUID><Name>R</Name><Entry><UUID>{Id(2)}</UUID>{inEntry}</Entry></Group></Root></KeePassFile>";

    public static string Text(string key, string value) => $"<String><Key>{key}</Key><Value>{value}</Value></String>";

    public static string Secret(string key, string value, string protect) => $"<String><Key>{key}</Key><Value {protect}=\"True\">{value}</Value></String>";

    public static string Id(byte number) => Convert.ToBase64String([number, .. new byte[14], 1]);

    private static string Hex(byte number) => Convert.ToHexString([number, .. new byte[14], 1]);

    // All that an entry has, two earlier versions among it, a file that is there and one that is not.
    private static string Everything(string protect, bool isVersion4) => $"""
        <Entry><UUID>{Id(10)}</UUID><IconID>5</IconID><CustomIconUUID>{Id(80)}</CustomIconUUID><ForegroundColor>#FF0000</ForegroundColor><BackgroundColor></BackgroundColor>
          <OverrideURL>cmd://firefox</OverrideURL><QualityCheck>False</QualityCheck><Tags>one;two words,Favorite</Tags><PreviousParentGroup>{Id(2)}</PreviousParentGroup>
          <Times><CreationTime>{Time("2020-01-02T03:04:05Z", isVersion4)}</CreationTime><LastModificationTime>{Time("2024-05-06T07:08:09Z", isVersion4)}</LastModificationTime>
            <LastAccessTime>{Time("2024-05-06T07:08:09Z", isVersion4)}</LastAccessTime><ExpiryTime>{Time("2030-12-31T23:00:00Z", isVersion4)}</ExpiryTime><Expires>True</Expires><UsageCount>3</UsageCount></Times>
          {Text("Title", "Everything")}{Text("UserName", "jo")}{Secret("Password", "n&lt;w &amp; \u00e9\U0001f511", protect)}{Text("URL", "https://example.com/login")}
          {Text("Notes", "line 1\nline 2")}{Text("E-Mail", "jo@example.com")}{Text("KP2A_URL", "https://second.example/")}{Text("KP2A_URL_1", "https://third.example/")}
          {Secret("pin", "0815", protect)}{Text("plain", "text")}{Text("several lines", "a\nb")}{Secret("empty secret", "", protect)}{Text("empty", "")}
          <Binary><Key>file.txt</Key><Value Ref="0" /></Binary><Binary><Key>missing.txt</Key><Value Ref="9" /></Binary>
          <AutoType><Enabled>True</Enabled><DefaultSequence></DefaultSequence><Association><Window>w</Window><KeystrokeSequence>k</KeystrokeSequence></Association></AutoType>
          <CustomData><Item><Key>KeePassXC-Browser Settings</Key><Value>x</Value></Item></CustomData>
          <History>
            <Entry><UUID>{Id(10)}</UUID><Times><LastModificationTime>{Time("2021-01-01T00:00:00Z", isVersion4)}</LastModificationTime></Times>
              {Text("Title", "Everything")}{Text("UserName", "jo")}{Secret("Password", "first", protect)}{Secret("pin", "0000", protect)}</Entry>
            <Entry><UUID>{Id(10)}</UUID><Times><LastModificationTime>{Time("2022-01-01T00:00:00Z", isVersion4)}</LastModificationTime></Times>
              {Text("Title", "Before")}{Text("UserName", "jo")}{Secret("Password", "second", protect)}{Secret("pin", "0000", protect)}</Entry>
          </History>
        </Entry>
        """;

    // Unknown elements whose protected values move the key stream; blanks, CDATA, a control character, a text twice, no UUID, comments within.
    private static string Oddities(string protect) => $"""
        <Entry><UUID>{Id(11)}</UUID><Unknown><Deep><Value {protect}="True">unknown</Value></Deep></Unknown>{Text("Title", "Oddities")}
          <String><Value>value before key</Value><Key>order</Key></String>{Text("blank", "   ")}<String><Key>cdata</Key><Value><![CDATA[<a> & ]]>b</Value></String>
          {Text("control", "a&#1;b")}{Text("twice", "1")}{Text("twice", "2")}<String><Key>comment</Key><Value>be<!-- x -->fore</Value></String>
          <String><Key>no value</Key></String><String />{Secret("Password", "after all", protect)}<Binary><Key>own.txt</Key><Value>AQID</Value></Binary></Entry>
        <Entry><UUID>AAAAAAAAAAAAAAAAAAAAAA==</UUID>{Text("Title", "no id")}</Entry>
        <Entry><UUID>not base64</UUID><Times><CreationTime>never</CreationTime><Expires>True</Expires></Times></Entry>
        """;

    private static string Codes(string protect) => $"""
        <Group><UUID>{Id(5)}</UUID><Name>Codes</Name>
          {Entry(20, "URI", Secret("otp", "otpauth://totp/Example:jo?secret=JBSWY3DPEHPK3PXP&amp;period=60&amp;digits=8", protect))}
          {Entry(21, "KeeOtp", Secret("otp", "key=JBSWY3DPEHPK3PXP&amp;step=45&amp;size=8", protect))}
          {Entry(22, "KeeOtp by counter", Secret("otp", "key=JBSWY3DPEHPK3PXP&amp;type=Hotp&amp;counter=3", protect))}
          {Entry(23, "Steam", Text("TOTP Seed", "jbsw y3dp ehpk 3pxp") + Text("TOTP Settings", "30;S"))}
          {Entry(24, "old KeePassXC", Secret("TOTP Seed", "JBSWY3DPEHPK3PXP", protect) + Text("TOTP Settings", "60;8"))}
          {Entry(25, "hex", Secret("TimeOtp-Secret-Hex", "48656c6c6f21deadbeef", protect) + Text("TimeOtp-Length", "8") + Text("TimeOtp-Period", "45")
              + Text("TimeOtp-Algorithm", "HMAC-SHA-512"))}
          {Entry(26, "text", Secret("TimeOtp-Secret", "Hello", protect))}
          {Entry(27, "base 64", Secret("TimeOtp-Secret-Base64", "SGVsbG8h", protect))}
          {Entry(28, "by counter", Secret("HmacOtp-Secret-Base32", "JBSWY3DPEHPK3PXP", protect) + Text("HmacOtp-Counter", "7"))}
          {Entry(29, "no seed", Secret("otp", "1234 is no seed", protect))}
          {Entry(30, "eleven digits", Secret("TimeOtp-Secret", "Hello", protect) + Text("TimeOtp-Length", "11"))}
        </Group>
        """;

    // By UUID and by title, within a text, in steps, in a circle, to nothing, to an entry that comes later.
    private static string References(string protect) => $$"""
        <Group><UUID>{{Id(6)}}</UUID><Name>References</Name>
          {{Entry(40, "by id", Text("UserName", $"{{REF:U@I:{Hex(10)}}}") + Secret("Password", $"{{REF:P@I:{Hex(43)}}}", protect))}}
          {{Entry(41, "within", Text("URL", "https://{REF:U@T:everything}@host/{USERNAME}") + Text("Notes", "{ref:t@i:" + Hex(10) + "} {REF:I@T:Everything}"))}}
          {{Entry(42, "in steps", Text("UserName", "{REF:U@T:by id}") + Text("other", "{REF:N@O:0815}"))}}
          {{Entry(44, "circle", Text("UserName", $"{{REF:P@I:{Hex(45)}}}") + Secret("Password", "kept", protect))}}
          {{Entry(45, "circle too", Secret("Password", $"{{REF:U@I:{Hex(44)}}}", protect))}}
          {{Entry(46, "to nothing", Secret("Password", $"{{REF:P@I:{Hex(77)}}}", protect))}}
          {{Entry(43, "later", Secret("Password", "p43", protect))}}
        </Group>
        """;

    private static string Entry(byte id, string title, string texts) => $"<Entry><UUID>{Id(id)}</UUID>{Text("Title", title)}{texts}</Entry>";

    // Of version 3: one compressed, one protected.
    private static string Binaries(string protect)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(FileContent);
        return $"<Binaries><Binary ID=\"0\" Compressed=\"True\">{Convert.ToBase64String(stream.ToArray())}</Binary>"
            + (protect == Encrypted ? $"<Binary ID=\"1\" {protect}=\"True\">protected file</Binary>" : "") + "</Binaries>";
    }

    private static string Time(string iso, bool isVersion4)
    {
        if (!isVersion4)
            return iso;
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, DateTimeOffset.Parse(iso, CultureInfo.InvariantCulture).UtcTicks / TimeSpan.TicksPerSecond);
        return Convert.ToBase64String(bytes);
    }
}
