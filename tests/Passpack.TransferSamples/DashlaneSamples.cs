namespace Passpack.TransferSamples;

internal static class DashlaneSamples
{
    private const string Credentials = """
        username,username2,username3,title,password,note,url,category,otpUrl
        jo,jo@example.com,third,Shop,"p,w","a
        note",https://shop.example,Work,otpauth://totp/?secret=JBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30&lock=false
        ,,,,only,,https://unnamed.example/,,
        short,row

        """;

    private const string Payments = """
        type,account_name,account_holder,cc_number,code,expiration_month,expiration_year,routing_number,account_number,country,issuing_bank,note,name
        bank,Savings,Jo Doe,,,,,121,847,US,US-ALLY,,
        payment_card,,,4111111111111111,123,01,2030,,,US,,a note,Jo's Visa

        """;

    private const string Ids = """
        type,number,name,issue_date,expiration_date,place_of_issue,state
        passport,C0FFEE,Jo Doe,2022-1-30,2032-1-30,Berlin,
        tax_number,123,,,,,

        """;

    private const string Person = """
        type,title,first_name,middle_name,last_name,login,date_of_birth,place_of_birth,email,email_type,item_name,phone_number,address,country,state,city,zip,address_recipient,address_building,address_apartment,address_floor,address_door_code,job_title,url
        name,MR,Jo,,Doe,jdoe,1990-05-15,world,,,,,,,,,,,,,,,,
        email,,,,,,,,jo@example.com,personal,Jo's mail,,,,,,,,,,,,,
        address,,,,,,,,,,Home,,1 Main,de,DE-0-BE,Berlin,10115,Jo,1,2,3,0815,,
        website,,,,,,,,,,Site,,,,,,,,,,,,,jo.example

        """;

    public static IReadOnlyList<Sample> All { get; } =
    [
        // Three user names; every file of the zip; rows without a name; a row that is too short.
        new("dashlane.zip", "Dashlane", () => ZipSample.Of(("credentials.csv", Credentials), ("securenotes.csv", "title,note\r\nWi-Fi,\"one\r\ntwo\"\r\n"),
            ("payments.csv", Payments), ("ids.csv", Ids), ("personalInfo.csv", Person), ("logo.png", "x"))),
        Sample.OfText("dashlane-credentials.csv", "Dashlane", "username,username2,username3,title,password,note,url,category,otpSecret\r\nu,,,A,p,,https://a.example,,JBSW Y3DP EHPK 3PXP\r\n"),
        Sample.OfText("dashlane-securenotes.csv", "Dashlane", "title,note,category\nN,text,Home\n"),
    ];
}
