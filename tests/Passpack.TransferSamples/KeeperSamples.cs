namespace Passpack.TransferSamples;

internal static class KeeperSamples
{
    // Folders and shared folders, a backslash and a slash in their names; every form of a custom field's key and value; references to a record and to
    // none; a file that is there and one that is not; what nobody knows; a record that is none.
    private const string Data = """
        { "shared_folders": [ { "path": "Team", "uid": "sf1", "can_edit": true, "permissions": [ { "name": "a@example.com", "manage_users": true } ] } ],
          "records": [
            { "uid": "r1", "title": "Everything", "login": "jo", "password": "p", "login_url": "https://a.example/", "notes": "n\nm", "$type": "login",
              "last_modified": 1762428779,
              "custom_fields": {
                "$oneTimeCode": "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "$oneTimeCode::2": "JBSWY3DPEHPK3PXP", "TFC:Keeper": "JBSWY3DPEHPK3PXP",
                "$url": "https://b.example/", "$url:further:1": [ "https://c.example/", "https://d.example/" ], "$email": "jo@example.com",
                "$phone:work": { "region": "DE", "number": "030 123", "ext": "9", "type": "Work" },
                "$name": { "first": "Jo", "middle": "", "last": "Doe" },
                "$address:home": { "street1": "Main 1", "street2": "", "city": "Berlin", "state": "BE", "zip": "10115", "country": "DE" },
                "$host": { "hostName": "db.example", "port": "3306" },
                "$keyPair": { "publicKey": "ssh-ed25519 AAAA", "privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----" },
                "$securityQuestion": [ { "question": "Pet?", "answer": "Rex" }, { "question": "", "answer": "Paris" } ],
                "$birthDate": 642772800000, "$date:valid": "unknown", "$pinCode": "1234", "$secret:api": "s", "$multiline:log": "one\ntwo",
                "$checkbox:remember": true, "$future": { "left": "x" }, "Plain label": "text", "": "no key", "empty": "" },
              "references": { "$cardRef": "r2", "$addressRef:bill": [ "gone" ] },
              "folders": [ { "folder": "Work\\Dev\\\\Ops" }, { "shared_folder": "Team", "folder": "A/B", "can_edit": true } ],
              "attachments": [ { "file_uid": "f1", "name": "key.txt", "size": 3, "mime": "text/plain" }, { "file_uid": "f2", "name": "lost.txt" } ],
              "schema": [ "$login::1" ], "tomorrow": { "x": 1 } },
            { "uid": "r2", "title": "Card", "$type": "bankCard", "custom_fields": {
                "$paymentCard": { "cardNumber": "4111", "cardExpirationDate": "06/2030", "cardSecurityCode": "347" }, "$text:cardholderName": "Jo Doe" } },
            { "uid": "r3", "title": "Bank", "$type": "bankAccount", "custom_fields": {
                "$bankAccount": { "accountType": "Checking", "routingNumber": "121", "accountNumber": "847", "otherType": "" } } },
            { "title": "Wifi", "$type": "wifiCredentials", "password": "air", "custom_fields": { "$text:SSID": "net" } },
            17,
            { "title": "Of Commander's first exports", "login_url": "https://old.example/", "custom_fields": { "2FA Phone": "+1" }, "folders": [ { "shared_folder": "Team" } ] } ] }
        """;

    public static IReadOnlyList<Sample> All { get; } =
    [
        Sample.OfText("keeper.json", "Keeper", Data),
        new("keeper.zip", "Keeper", () => ZipSample.Of(("export.json", Data), ("files/f1", "key"))),
        Sample.OfText("keeper-records.json", "Keeper", """[ { "title": "Alone", "$type": "encryptedNotes", "custom_fields": { "$note": "secret" } } ]"""),
        // No header; keys and values after the seventh column, as many as a row has; rights behind a shared folder's name; a row that is too short.
        Sample.OfText("keeper.csv", "KeeperCsv", """
            Business,Twitter,jo,"p,w",https://t.example,"two
            lines",,API Key,"1,2",TFC:Keeper,JBSWY3DPEHPK3PXP,$type,login,$record_uid,u1
            Sub,Mail,jo,pw,,,Team\Mail#edit#reshare,$phone:work,+49 30,$birthDate,642772800000,empty,
            ,Short,jo

            """),
        Sample.OfText("keeper-header.csv", "KeeperCsv", "Folder,Title,Login,Password,Website Address,Notes,Shared Folder,Custom Fields\r\n,A,u,p,https://a.example,,\r\n"),
    ];
}
