using System.IO.Compression;
using System.Text;

namespace Passpack.TransferSamples;

internal static class BitwardenSamples
{
    public static IReadOnlyList<Sample> All { get; } =
    [
        Sample.OfText("bitwarden.json", "Bitwarden", Person),
        Sample.OfText("bitwarden-organization.json", "Bitwarden", Organization),
        Sample.OfText("bitwarden-items-first.json", "Bitwarden", ItemsFirst),
        new("bitwarden.zip", "Bitwarden", Zip),
        // Quotes and lines in cells, a value that goes on in the next line, addresses with commas in them, cells that are left out at the end of a note.
        Sample.OfText("bitwarden.csv", "BitwardenCsv", """
            folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp
            Work/Mail,1,login,Mail,"first
            second","pin: 4711
            question: who: me
            address: street 1
            town 2
            empty: 
            nothing:",1,"https://a.example/x,y,https://b.example",jo@example.com,"p,""w",JBSWY3DPEHPK3PXP
            ,,note,Plain note,text,,,,,
            ,,note,Short note,text
            ,,login,No scheme,,,0,"a.example,b.example",u,p,
            a,b,c,d,e,f,g,h,i,j,k,l

            """),
        Sample.OfText("bitwarden-organization.csv", "BitwardenCsv",
            "collections,type,name,notes,fields,reprompt,archivedDate,login_uri,login_username,login_password,login_totp,later\r\n" +
            "\"Team A,Team B\",login,Shared,,,0,2025-05-01T10:00:00.000Z,https://x.example,u,p,\"otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60\",what\r\n"),
    ];

    private const string Person = """
        {
          "encrypted": false,
          "folders": [
            { "id": "11111111-0000-4000-8000-000000000001", "name": "Work" },
            { "id": "11111111-0000-4000-8000-000000000002", "name": "Work/Mail" }
          ],
          "items": [
            {
              "passwordHistory": [
                { "lastUsedDate": "2024-03-01T10:00:00.000Z", "password": "second" },
                { "lastUsedDate": "2023-02-01T10:00:00.000Z", "password": "first" }
              ],
              "revisionDate": "2025-01-02T03:04:05.678Z", "creationDate": "2022-01-01T00:00:00.000Z", "deletedDate": null, "archivedDate": null,
              "id": "22222222-0000-4000-8000-000000000001", "organizationId": null, "folderId": "11111111-0000-4000-8000-000000000002",
              "type": 1, "reprompt": 1, "name": "Mail \"of\" Jo", "notes": "first\nsecond", "favorite": true,
              "fields": [
                { "name": "text", "value": "a value", "type": 0, "linkedId": null },
                { "name": "text", "value": "of the same name", "type": 0, "linkedId": null },
                { "name": "hidden", "value": "a secret", "type": 1, "linkedId": null },
                { "name": "yes", "value": "true", "type": 2, "linkedId": null },
                { "name": "linked", "value": null, "type": 3, "linkedId": 100 },
                { "name": "empty", "value": "", "type": 0, "linkedId": null },
                { "name": "of a later type", "value": "unknown", "type": 9 },
                { "name": null, "value": "two\nlines", "type": 0 }
              ],
              "login": {
                "fido2Credentials": [
                  { "credentialId": "c0ffee", "keyType": "public-key", "keyAlgorithm": "ECDSA", "keyCurve": "P-256", "keyValue": "MIGH", "rpId": "example.com", "counter": "0" }
                ],
                "uris": [
                  { "match": null, "uri": "https://mail.example.com" },
                  { "match": 3, "uri": "https://example.com/login" },
                  { "match": null, "uri": null },
                  { "match": null, "uri": "androidapp://com.example.mail" }
                ],
                "username": "jo@example.com", "password": "third & last", "totp": "jbsw y3dp ehpk 3pxp", "passwordRevisionDate": "2024-03-01T10:00:00.000Z"
              },
              "collectionIds": null
            },
            { "id": "22222222-0000-4000-8000-000000000002", "folderId": null, "type": 2, "name": "A note", "notes": "text", "favorite": false, "secureNote": { "type": 0 } },
            {
              "id": "22222222-0000-4000-8000-000000000003", "folderId": "99999999-0000-4000-8000-000000000009", "type": 3, "name": "Visa", "notes": null,
              "card": { "cardholderName": "J. Doe", "brand": "Visa", "number": "4111111111111111", "expMonth": "2", "expYear": "2028", "code": "123" }
            },
            {
              "id": "22222222-0000-4000-8000-000000000004", "folderId": "11111111-0000-4000-8000-000000000001", "type": 4, "name": "Jo",
              "identity": {
                "title": "Mx", "firstName": "Jo", "middleName": null, "lastName": "Doe", "address1": "1 Street", "address2": "", "address3": null, "city": "Town", "state": null,
                "postalCode": "12345", "country": "DE", "company": "Example", "email": "jo@example.com", "phone": "+49 1", "ssn": "123-45", "username": "jo", "passportNumber": "C01X",
                "licenseNumber": "L1"
              }
            },
            {
              "id": "22222222-0000-4000-8000-000000000005", "type": 5, "name": "Key",
              "sshKey": { "privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "publicKey": "ssh-ed25519 AAAA", "keyFingerprint": "SHA256:x" }
            },
            {
              "id": "22222222-0000-4000-8000-000000000006", "type": 6, "name": "Of a later type", "bankAccount": { "iban": "DE00", "more": { "deep": [ 1, true ] } }, "newMember": 7
            },
            { "id": "22222222-0000-4000-8000-000000000007", "type": 1, "name": "Thrown away", "deletedDate": "2025-01-01T00:00:00Z", "archivedDate": "2024-01-01T00:00:00Z", "login": { "totp": "not a seed!" } },
            { "id": "22222222-0000-4000-8000-000000000008", "type": 1, "name": "Put away", "archivedDate": "2024-01-01T00:00:00Z", "creationDate": "last year",
              "login": { "totp": "otpauth://totp/Jo?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256&digits=8" } },
            { "id": "22222222-0000-4000-8000-000000000009", "type": 1, "name": null, "login": { "uris": [ { "uri": "https://unnamed.example" } ], "username": "u", "totp": "steam://JBSWY3DPEHPK3PXP" } },
            "no item",
            { "id": "22222222-0000-4000-8000-00000000000a", "type": 1, "name": "half a \ud800 pair" },
            { "id": "22222222-0000-4000-8000-00000000000b", "type": 3, "name": "A card that expires on no day", "card": { "expMonth": "13", "expYear": "?" }, "attachments": [ { "fileName": "a.txt" } ] }
          ]
        }

        """;

    private const string Organization = """
        {
          "encrypted": false,
          "collections": [
            { "id": "c1", "organizationId": "o1", "name": "Servers/Linux", "externalId": null },
            { "id": "c2", "organizationId": "o1", "name": "Everybody", "externalId": "e" }
          ],
          "items": [
            { "id": "i1", "organizationId": "o1", "folderId": null, "type": 1, "name": "root", "login": { "username": "root", "password": "pw" }, "collectionIds": [ "c1", "c2", null ] }
          ]
        }

        """;

    // Other programs write the members in another order, and leave some out.
    private const string ItemsFirst = """
        { "items": [ { "folderId": "f", "name": "one", "type": "1", "login": { "uris": [ "https://one.example" ], "password": 4711 } } ], "folders": [ { "id": "f", "name": "later" } ] }
        """;

    private static byte[] Zip()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("data.json", """
                { "encrypted": false, "folders": [], "items": [
                  { "id": "i1", "folderId": null, "type": 1, "name": "with files", "login": { "password": "p" }, "attachments": [ { "fileName": "key.txt" } ] },
                  { "id": "i2", "folderId": null, "type": 2, "name": "without" } ] }
                """);
            Add("attachments/i1/key.txt", "a key");
            Add("attachments/i1/.. \\evil:name.txt", "");
            Add("attachments/nobody/lost.txt", "lost");

            void Add(string name, string text)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        return bytes.ToArray();
    }
}
