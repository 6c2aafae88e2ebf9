namespace Passpack.TransferSamples;

internal static class OnePasswordSamples
{
    // Two accounts, so that vaults have the account's name before them; every type of a section's field; files of a document and of a field, and one
    // that is missing; a later category, a later type of field, members nobody knows, an item that is none, half a surrogate pair.
    private const string Data = """
        { "accounts": [
          { "attrs": { "accountName": "Home", "name": "Jo", "email": "jo@example.com", "uuid": "ACC1", "domain": "https://my.1password.com/" },
            "vaults": [
              { "attrs": { "uuid": "v1", "desc": "", "avatar": "", "name": "Personal", "type": "P" }, "items": [
                { "uuid": "login1", "favIndex": 2, "createdAt": 1663642010, "updatedAt": 1668287305, "state": "active", "categoryUuid": "001",
                  "overview": { "title": "Shop", "subtitle": "jo", "url": "https://shop.example/", "ps": 71, "pbe": 12.5, "pgrng": true,
                    "urls": [ { "label": "website", "url": "https://shop.example/" }, { "label": "admin", "url": "https://admin.shop.example/", "mode": "default" } ],
                    "tags": [ "Work/Shops", "Ünïcode" ], "watchtowerExclusions": { "compromised": true } },
                  "details": {
                    "loginFields": [
                      { "value": "jo", "id": "u", "name": "user", "fieldType": "T", "designation": "username" },
                      { "value": "s3cret", "id": "p", "name": "pass", "fieldType": "P", "designation": "password" },
                      { "value": { "email_address": "alias@fastmail.example" }, "id": "alias", "name": "", "fieldType": "E" },
                      { "value": "✓", "id": "stay", "name": "stay signed in", "fieldType": "C" },
                      { "value": "0815", "id": "pin", "name": "pin", "fieldType": "P" },
                      { "value": "", "id": "empty", "name": "empty", "fieldType": "T" } ],
                    "notesPlain": "first line\nsecond",
                    "sections": [
                      { "title": "", "name": "add more", "fields": [
                        { "title": "one-time password", "id": "TOTP_1", "value": { "totp": "otpauth://totp/Shop:jo?secret=JBSWY3DPEHPK3PXP&issuer=Shop" }, "guarded": false },
                        { "title": "one-time password", "id": "TOTP_2", "value": { "totp": "JBSW Y3DP EHPK 3PXP" } },
                        { "title": "broken code", "id": "TOTP_3", "value": { "totp": "not a seed!" } },
                        { "title": "note", "id": "a", "value": { "string": "two\nlines" }, "multiline": true },
                        { "title": "recovery", "id": "b", "value": { "concealed": "r3covery" } },
                        { "title": "mail", "id": "c", "value": { "email": { "email_address": "jo@example.com", "provider": "gmail" } } },
                        { "title": "old mail", "id": "c2", "value": { "email": "old@example.com" } },
                        { "title": "call", "id": "d", "value": { "phone": "+49 30 123" } },
                        { "title": "page", "id": "e", "value": { "url": "https://page.example/" } },
                        { "title": "born", "id": "f", "value": { "date": 642772860 } },
                        { "title": "until", "id": "g", "value": { "monthYear": 202701 } },
                        { "title": "sent to", "id": "h", "value": { "address": { "street": "Main 1", "city": "Berlin", "country": "de", "zip": "10115", "state": "BE" } } },
                        { "title": "kind", "id": "i", "value": { "menu": "oauth" } },
                        { "title": "see", "id": "j", "value": { "reference": "doc1" } },
                        { "title": "see also", "id": "k", "value": { "reference": "gone" } },
                        { "title": "paper", "id": "l", "value": { "file": { "fileName": "scan.txt", "documentId": "f2", "decryptedSize": 4 } } },
                        { "title": "lost paper", "id": "m", "value": { "file": { "fileName": "lost.txt", "documentId": "f9", "decryptedSize": 4 } } },
                        { "title": "future", "id": "n", "value": { "retinaScan": { "left": "x" } } },
                        { "title": "nothing", "id": "o", "value": { "string": "" } } ] },
                      { "title": "Extra", "fields": [ { "title": "recovery", "id": "z", "value": { "concealed": "other" } } ] } ],
                    "passwordHistory": [ { "value": "newer", "time": 1668287000 }, { "value": "oldest", "time": 1663642100 } ],
                    "passkey": { "credentialId": "abc", "rpId": "shop.example" },
                    "unknownToday": "kept" } },
                { "uuid": "card1", "favIndex": 0, "createdAt": 1, "updatedAt": 2, "state": "archived", "categoryUuid": "002",
                  "overview": { "title": "Visa", "subtitle": "1234 **** 7890", "url": "" },
                  "details": { "sections": [ { "title": "", "fields": [
                    { "title": "cardholder name", "id": "cardholder", "value": { "string": "Jo Doe" } },
                    { "title": "type", "id": "type", "value": { "creditCardType": "visa" } },
                    { "title": "number", "id": "ccnum", "value": { "creditCardNumber": "4111111111111111" } },
                    { "title": "verification number", "id": "cvv", "value": { "concealed": "123" } },
                    { "title": "expiry date", "id": "expiry", "value": { "monthYear": 203012 } } ] } ] } },
                { "uuid": "wifi1", "state": "active", "categoryUuid": "109", "overview": { "title": "Wifi" },
                  "details": { "sections": [ { "fields": [
                    { "title": "base station password", "id": "password", "value": { "concealed": "router" } },
                    { "title": "network name", "id": "network_name", "value": { "string": "net" } },
                    { "title": "wireless network password", "id": "wireless_password", "value": { "concealed": "air" } } ] } ] } },
                { "uuid": "server1", "categoryUuid": "110", "overview": { "title": "Server" },
                  "details": { "sections": [ { "fields": [
                    { "title": "URL", "id": "url", "value": { "string": "ssh://srv.example" } },
                    { "title": "username", "id": "username", "value": { "string": "root" } },
                    { "title": "password", "id": "password", "value": { "concealed": "toor" } } ] } ] } },
                { "uuid": "ssh1", "categoryUuid": "114", "overview": { "title": "Key" },
                  "details": { "sections": [ { "fields": [ { "title": "private key", "id": "private_key", "value": { "sshKey": {
                    "privateKey": "raw", "metadata": { "privateKey": "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n",
                      "publicKey": "ssh-ed25519 AAAA", "fingerprint": "SHA256:abc", "keyType": "ed25519" } } } } ] } ] } },
                { "uuid": "doc1", "categoryUuid": "006", "overview": { "title": "Contract" },
                  "details": { "documentAttributes": { "fileName": "contract.pdf", "documentId": "f1", "decryptedSize": 7 } } },
                { "uuid": "pass1", "categoryUuid": "005", "overview": { "title": "Only a password" }, "details": { "password": "alone" } },
                { "uuid": "later1", "categoryUuid": "117", "overview": { "title": "Of a later category" }, "details": {} },
                { "uuid": "broken1", "categoryUuid": "001", "overview": { "title": "half \ud800 pair" }, "details": {} },
                "no item",
                { "item": { "uuid": "old1", "categoryUuid": "003", "overview": { "title": "Of the first exports" }, "details": { "notesPlain": "n" } } } ] } ] },
          { "attrs": { "accountName": "Firm" }, "vaults": [ { "attrs": { "name": "Shared" }, "items": [
            { "uuid": "x", "categoryUuid": "001", "overview": { "url": "https://unnamed.example/x" }, "details": {} } ] } ] } ] }
        """;

    public static IReadOnlyList<Sample> All { get; } =
    [
        new("1password.1pux", "OnePassword", () => ZipSample.Of(("export.attributes", """{ "version": 3, "description": "1Password Unencrypted Export" }"""),
            ("export.data", Data), ("files/f1__contract.pdf", "content"), ("files/f2__scan.txt", "scan"))),
        Sample.OfText("1password-export.data.json", "OnePassword", """
            { "accounts": [ { "attrs": {}, "vaults": [ { "attrs": { "name": "Private" }, "items": [ { "uuid": "a", "categoryUuid": "006", "overview": { "title": "Unpacked" },
              "details": { "documentAttributes": { "fileName": "a.txt", "documentId": "f", "decryptedSize": 1 } } } ] } ] } ] }
            """),
        Sample.OfText("1password8.csv", "OnePasswordCsv", """
            Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes
            "A","https://a.example","jo","p","otpauth://totp/A?secret=JBSWY3DPEHPK3PXP","true","false","Work/Shops;Home","n
            m"
            "Old","","","","","false","true","",""

            """),
        // A column for every field that any item has, under its own name; the type of an item, or its folder where another program wrote it.
        Sample.OfText("1password7.csv", "OnePasswordCsv", """
            ,ainfo,autosubmit,birth date,Notes,Password,scope,secret key,section:x,Type,Title,URL,Username,uuid
            ,jo,Default,,n,p,Default,,,Login,A,https://a.example,jo,u1
            ,other,Never,1990,,,Page,k,s,Secure Note,B,,,u2
            no name,,,,,,,,,Team/Web,C,,,u3

            """),
        Sample.OfText("1password6.csv", "OnePasswordCsv", "title,notes,username,password,url\n\"A\",\"n\",\"jo\",\"p\",\"https://a.example\"\n"),
    ];
}
