using System.Globalization;
using Passpack.LegacyVaults;
using Passpack.Packing.Records;
using Passpack.Vault.Storage;

// FOLDER USERID PACKVERSION; the Packing Key in the first line of the input.
using SecretBytes packingKey = SecretBytes.FromChars(Console.ReadLine());
LegacyVault.Make(new DataFolder(args[0]), args[1], packingKey, int.Parse(args[2], CultureInfo.InvariantCulture));
