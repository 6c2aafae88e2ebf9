namespace Passpack.TransferSamples;

/// <summary>
/// Encrypted exports, made once by another implementation (Python's cryptography: PBKDF2, Argon2id, HKDF-Expand, AES-CBC, HMAC), so that the reader is not
/// tested against its own writer.
/// </summary>
internal static class BitwardenEncryptedSamples
{
    public static IReadOnlyList<Sample> All { get; } =
    [
        Sample.OfText("bitwarden-encrypted-pbkdf2.json", "BitwardenEncrypted", Pbkdf2) with { Key = "correct horse" },
        Sample.OfText("bitwarden-encrypted-argon2.json", "BitwardenEncrypted", Argon2) with { Key = "pässphrase" },
    ];

    private const string Pbkdf2 =
        """
        {
          "encrypted": true,
          "passwordProtected": true,
          "salt": "8omzScMFv/eM63QASuG8Uw==",
          "kdfType": 0,
          "kdfIterations": 5000,
          "kdfMemory": null,
          "kdfParallelism": null,
          "encKeyValidation_DO_NOT_EDIT": "2.rWseZiaszywJH3Iu2OM52A==|ZcQYCutl0DmQ5waKiiFCgjcxQk9jwClMDRbiSqmRgvCI5W0JTaf+zN34Ml9T1mVO|57PRfuUUTZ68J0rsooGN/FuiHggdPpHVlK70ox360zE=",
          "data": "2.RaBTGlcqzdbw9MQPKmKFtg==|KkHCkivwVSpYrw5uRHfermp2zONPuNbVbXn2tEgLQn95Zpx4IClZZwra0eJWQkI2kMDFo/7TjeKZ/SsYLNJAsxFDoUnQACiuRcru/akktksYgIGTbhnZsXUE06fKu+ilnyB6uqFLPaiYcnTZ2Adu8CBdpgAtjMMoGyU85yHcDuVySpBEcHF7NjvFXGu90q0G1mv5LT6OSJAMKutPVKc5/LDNlfY/EucEFtn4wdQfXwAziIx02JspnbZlD+azrlM3MVvxLYxNzFzEmzc/sn4fCDYrWibPazLqV7mbMosD+2SnKDembENHVM0JKJY1ChrCtKZJBHjQsKDxaV+NmvCNzL+HNiBMxaW3xO7xFTJZIbUiAA9tYOOsgWqRpwUo5JsLjlWKPqGgvuc52gKduCV3BEBFBt6DFutq3IJZgwpLcMC9wj6P8YVvCUh7H0LjjzE7FRicTYGscbHQxlj3jw9wzaVmOcfKVcR85+6Tl6L//XFkecwhj+3clwqDiFCT6rKKr0/sDdxDFZZ2RteZNXN20LR02pi1JVPJblkx5mQnhPRVoUmzkK7vtSTqDU0sCA1DOmnkpCgsEfvIILP+QeMsOQ==|zWaznViaJx18+MjnnN+OMnHtl3xSsfdR0ywu478gg6Y="
        }

        """;

    private const string Argon2 =
        """
        {
          "encrypted": true,
          "passwordProtected": true,
          "salt": "ucWeOoF4q7q+Ww7D3BANcQ==",
          "kdfType": 1,
          "kdfIterations": 2,
          "kdfMemory": 16,
          "kdfParallelism": 2,
          "encKeyValidation_DO_NOT_EDIT": "2.2hbGaDRwWyeMEt2N/7Aa6w==|fXhY8poNfBkXRfyW8IUzbIyYckLGa94pdmiVjiV6fs5NUWtoLrjDJzJ+4EXa4mcT|Xf7vKp7yNGKRH+m+LDG5l6ZdvVp3khMsnMUdmF7VyyQ=",
          "data": "2.vGqtkOnz9npV7bpdYHADiQ==|d1Wxd7WOXBl8ScIbHqTGG9QSflg75DUONL7is6QLhrjldNwCEqU5IhX/u3GiyBjKB3vcc0k/pvBaBHNeuXrV0V15HzNb/OORyugWN6uOsr/r16Wlboj1LzNAkABrb7/bmAtsie5dZuN5CgjRCJm8OuPeWrbJ9/bWdOP3mtXTPD+Ha6W2wU7PRk6oGqo6Bl4c6SkxqhqyHBmJ5DFYvRWZtVugNKcvTOAsggHHRJLZ4gSoAu2oaTASKNJJ5EHkytm5+NjP54HPENt69+NavL5EWgJlV/Uk9DewYTyzsk+cL1UAnrYk2UMbmYQVRfoq32BDjICZaraR7Iu+HUGQPpsERlKbmeKIXII38s5vxEbgIuYYmtkaD3qE5y/+fM/8LDlUgU9UainFJFAYrOFK798P9Fmz7BX9T8lJy3ARTPFlEPySLjRnr59XcJn6xTHyu8bZlFx57RdVAaR7+DG/2hHyN3vAwbc7re+f03D9fQXkVl1otQniIpYujHB89S4ms0Ky1hfdERMVc8cDnGH2+vFFkZ79WOgeC+fHrAJiX6Dpc3VA9eXGtoJ2IxbZlPJzzr/5o9Y8bKJwp3e1NKaMc1vmxw==|usihZX1pA2DBBX8XmtDYNDXPIotTjtUGtqzWQoUtReE="
        }

        """;
}
