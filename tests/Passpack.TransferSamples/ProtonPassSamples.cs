namespace Passpack.TransferSamples;

internal static class ProtonPassSamples
{
    // Two vaults; a user's name and an address apart, together, and as before 2024; every type of item and of extra field; passkeys, apps, files; the
    // trash; what nobody knows; an item that is none.
    private const string Data = """
        { "version": "1.31.0", "userId": "u", "encrypted": false, "vaults": {
          "v1": { "name": "Personal", "description": "", "display": { "color": 0 }, "items": [
            { "itemId": "i1", "shareId": "s1", "state": 1, "aliasEmail": null, "contentFormatVersion": 6, "createTime": 1689182868, "modifyTime": 1689182900, "pinned": true,
              "files": [ "files/i1/key.txt", "files/i1/lost.txt" ],
              "data": { "type": "login", "metadata": { "name": "Login", "note": "n\nm", "itemUuid": "x" },
                "content": { "itemEmail": "jo@example.com", "itemUsername": "jo", "password": "p", "urls": [ "https://a.example/", "https://b.example/" ],
                  "totpUri": "otpauth://totp/Login:jo?secret=JBSWY3DPEHPK3PXP", "passkeys": [ { "keyId": "k", "domain": "a.example", "content": "AA==" } ] },
                "extraFields": [
                  { "fieldName": "open", "type": "text", "data": { "content": "one\ntwo" } }, { "fieldName": "closed", "type": "hidden", "data": { "content": "h" } },
                  { "fieldName": "second code", "type": "totp", "data": { "totpUri": "JBSWY3DPEHPK3PXP" } },
                  { "fieldName": "since", "type": "timestamp", "data": { "timestamp": 1689182868 } },
                  { "fieldName": "later", "type": "retina", "data": { "scan": "x" } } ],
                "platformSpecific": { "android": { "allowedApps": [ { "packageName": "com.example.app", "hashes": [ "h" ], "appName": "App" } ] } } } },
            { "itemId": "i2", "state": 2, "data": { "type": "login", "metadata": { "name": "Thrown away" }, "content": { "itemEmail": "jo@example.com", "itemUsername": "", "password": "p", "totpUri": "" } } },
            { "itemId": "i3", "state": 1, "data": { "type": "login", "metadata": { "name": "Before 2024" }, "content": { "username": "jo@example.com" } } },
            { "itemId": "i4", "state": 1, "aliasEmail": "jo.x@passinbox.example", "data": { "type": "alias", "metadata": { "name": "Alias" }, "content": {} } },
            { "itemId": "i5", "state": 1, "data": { "type": "creditCard", "metadata": { "name": "Card" }, "content": { "cardholderName": "Jo", "cardType": 0, "number": "4111", "verificationNumber": "123", "expirationDate": "2030-12", "pin": "0000" } } },
            { "itemId": "i6", "state": 1, "data": { "type": "note", "metadata": { "name": "Note", "note": "text" }, "content": {} } },
            "no item" ] },
          "v2": { "name": "Work", "items": [
            { "itemId": "i7", "state": 1, "data": { "type": "identity", "metadata": { "name": "Jo" }, "content": {
                "fullName": "Jo Doe", "email": "jo@example.com", "phoneNumber": "030", "birthdate": "1990-05-15", "socialSecurityNumber": "98", "city": "Berlin", "website": "https://jo.example",
                "extraPersonalDetails": [ { "fieldName": "size", "type": "text", "data": { "content": "L" } } ],
                "extraSections": [ { "sectionName": "Club", "sectionFields": [ { "fieldName": "number", "type": "hidden", "data": { "content": "7" } } ] } ], "unknown": "kept" } } },
            { "itemId": "i8", "state": 1, "data": { "type": "sshKey", "metadata": { "name": "Key" }, "content": { "publicKey": "ssh-ed25519 AAAA", "privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----" } } },
            { "itemId": "i9", "state": 1, "data": { "type": "wifi", "metadata": { "name": "Net" }, "content": { "ssid": "net", "password": "air", "security": "WPA3" } } },
            { "itemId": "i10", "state": 1, "data": { "type": "custom", "metadata": { "name": "Own" }, "content": { "sections": [ { "sectionName": "S", "sectionFields": [ { "fieldName": "f", "type": "text", "data": { "content": "v" } } ] } ] } } } ] } } }
        """;

    public static IReadOnlyList<Sample> All { get; } =
    [
        new("protonpass.zip", "ProtonPass", () => ZipSample.Of(("Proton Pass/data.json", Data), ("Proton Pass/files/i1/key.txt", "key"))),
        Sample.OfText("protonpass.json", "ProtonPass", Data),
        Sample.OfText("protonpass.csv", "ProtonPassCsv", """"
            type,name,url,email,username,password,note,totp,createTime,modifyTime,vault
            login,A,"https://a.example, https://b.example",jo@example.com,jo,p,"n
            m",otpauth://totp/?secret=JBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30,1780131342,1780131342000,Personal
            login,B,,jo@example.com,,p,,,,,
            creditCard,Card,,,,,"{""cardholderName"":""Jo"",""number"":""4111"",""note"":""mine""}",,,,Work
            identity,Not JSON,,,,,{oh,,,,
            note,Note,,,,,text,,,,
            alias,Alias,,jo.x@passinbox.example,,,,,,,

            """"),
        Sample.OfText("protonpass-old.csv", "ProtonPassCsv", "name,url,username,password,note,totp,vault\nA,https://a.example,u,p,,,\n"),
    ];
}
