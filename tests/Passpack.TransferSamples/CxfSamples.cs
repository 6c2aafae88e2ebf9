namespace Passpack.TransferSamples;

internal static class CxfSamples
{
    // Collections behind the items, nested; two accounts; every type of credential and of field; times in milliseconds; drafts' bare values; a later
    // type of credential; extensions of another program; references; a code that is none; an item that is none and one that is no Unicode.
    private const string Data = """
        { "version": { "major": 1, "minor": 0 }, "exporterRpId": "exporter.example.com", "exporterDisplayName": "Exporter", "timestamp": 1705228800, "accounts": [
          { "id": "YQ", "username": "jane", "email": "jane@example.com", "items": [
            { "id": "aTE", "creationAt": 1705142400, "modifiedAt": 1705228800000, "title": "Login", "subtitle": "Work account", "favorite": true,
              "scope": { "urls": [ "https://a.example", "https://b.example" ], "androidApps": [ { "bundleId": "com.example.app", "name": "App",
                "certificate": { "fingerprint": "AA", "hashAlg": "sha256" } } ] },
              "credentials": [
                { "type": "note", "content": { "fieldType": "string", "value": "n\nm" } },
                { "type": "basic-auth", "username": { "id": "eA", "fieldType": "string", "value": "jo", "label": "User" },
                  "password": { "fieldType": "concealed-string", "value": "p", "extensions": [ { "name": "other.example", "x": 1 } ] } },
                { "type": "basic-auth", "username": { "fieldType": "string", "value": "jo2" }, "password": { "fieldType": "concealed-string", "value": "p2" } },
                { "type": "totp", "secret": "JBSWY3DPEHPK3PXP", "period": 60, "digits": 8, "issuer": "Shop", "algorithm": "sha256", "username": "jo" },
                { "type": "totp", "secret": "not base32!", "period": 30, "digits": 6, "algorithm": "sha1" },
                { "type": "passkey", "credentialId": "YQ", "rpId": "a.example", "username": "jo", "userDisplayName": "Jo", "userHandle": "Yg", "key": "Yw" },
                { "type": "custom-fields", "id": "cw", "label": "Extra", "fields": [
                  { "fieldType": "string", "value": "s", "label": "text" }, { "fieldType": "string", "value": "one\ntwo", "label": "lines" },
                  { "fieldType": "concealed-string", "value": "h", "label": "secret" }, { "fieldType": "email", "value": "jo@example.com", "label": "mail" },
                  { "fieldType": "number", "value": "7", "label": "number" }, { "fieldType": "boolean", "value": "true", "label": "flag" },
                  { "fieldType": "date", "value": "2030-01-31", "label": "day" }, { "fieldType": "year-month", "value": "2030-01", "label": "month" },
                  { "fieldType": "country-code", "value": "DE", "label": "country" }, { "fieldType": "future", "value": "f", "label": "later" },
                  { "fieldType": "string", "value": "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "label": "one-time password" },
                  { "id": "bm9sYWJlbA", "fieldType": "string", "value": "no label" }, { "fieldType": "string", "value": "", "label": "empty" } ] },
                { "type": "item-reference", "reference": { "item": "aTI" } }, { "type": "item-reference", "reference": { "item": "gone" } },
                { "type": "file", "id": "Zg", "name": "a.pdf", "decryptedSize": 4, "integrityHash": "AA" },
                { "type": "future-credential", "secret": "kept" } ],
              "tags": [ "dev", "Work/Git" ], "extensions": [ { "name": "shared", "accessors": [] } ] },
            { "id": "aTI", "creationAt": 2735237468, "title": "Card", "credentials": [ { "type": "credit-card", "number": { "fieldType": "concealed-string", "value": "4111" },
              "fullName": { "fieldType": "string", "value": "Jo Doe", "label": "Cardholder" }, "expiryDate": { "fieldType": "year-month", "value": "2030-12" },
              "verificationNumber": { "fieldType": "concealed-string", "value": "123" } } ] },
            { "id": "aTM", "title": "Wifi", "credentials": [ { "type": "wifi", "ssid": { "fieldType": "string", "value": "net" },
              "passphrase": { "fieldType": "concealed-string", "value": "air" }, "hidden": { "fieldType": "boolean", "value": "false" },
              "networkSecurityType": { "fieldType": "wifi-network-security-type", "value": "wpa3-personal" } } ] },
            { "id": "aTQ", "title": "Api", "credentials": [ { "type": "api-key", "key": { "fieldType": "concealed-string", "value": "k" },
              "username": { "fieldType": "string", "value": "u" }, "url": { "fieldType": "string", "value": "https://api.example" },
              "expiryDate": { "fieldType": "date", "value": "2030-01-31" } } ] },
            { "id": "aTU", "title": "Key", "credentials": [ { "type": "ssh-key", "keyType": "ssh-ed25519", "privateKey": "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "keyComment": "jo@host" } ] },
            { "id": "aTY", "title": "Person", "credentials": [ { "type": "person-name", "given": { "fieldType": "string", "value": "Jo" } },
              { "type": "address", "city": { "fieldType": "string", "value": "Berlin" }, "country": { "fieldType": "country-code", "value": "DE" } } ] },
            { "id": "aTc", "title": "Papers", "credentials": [ { "type": "passport", "passportNumber": { "fieldType": "string", "value": "C0FFEE" }, "issueDate": { "fieldType": "date", "value": "2020-01-01" } },
              { "type": "drivers-license", "licenseClass": { "fieldType": "string", "value": "B" } }, { "type": "identity-document", "documentNumber": { "fieldType": "string", "value": "1" } } ] },
            { "id": "aTg", "title": "Only a note", "credentials": [ { "type": "note", "content": { "fieldType": "string", "value": "text" } } ] },
            { "id": "aTk", "title": "Only a passkey", "credentials": [ { "type": "passkey", "credentialId": "YQ", "rpId": "a.example" } ] },
            { "id": "aTA", "title": "Of a draft", "credentials": [ { "type": "basic-auth", "urls": [ "https://draft.example" ], "username": "jo", "password": "p" } ] },
            "no item",
            { "id": "aGFsZg", "title": "half \ud800 pair", "credentials": [] } ],
            "collections": [ { "id": "Yw", "title": "Team", "items": [ { "item": "aTE" } ], "subCollections": [ { "id": "ZA", "title": "Web", "items": [ { "item": "aTE" }, { "item": "aTI" } ] } ] } ] },
          { "id": "Yg", "username": "firm", "email": "", "collections": [], "items": [ { "id": "aTE", "title": "Same id, other account", "credentials": [] } ] } ] }
        """;

    public static IReadOnlyList<Sample> All { get; } =
    [
        Sample.OfText("cxf.json", "Cxf", Data),
        Sample.OfText("cxf-account.json", "Cxf", """
            { "items": [ { "id": "YQ", "title": "Handed over by the system", "credentials": [ { "type": "generated-password", "password": "p" } ] } ],
              "id": "YWNj", "username": "u", "email": "u@example.com", "collections": [] }
            """),
    ];
}
