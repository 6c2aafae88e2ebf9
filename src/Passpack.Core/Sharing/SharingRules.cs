using System.Text.Json;
using Passpack.Protocol;

namespace Passpack.Sharing;

/// <summary>What texts and names have to be, wherever sharing reads or takes one.</summary>
internal static class SharingRules
{
    /// <summary>Characters of an account's own name for a shared vault.</summary>
    public const int MostNameLength = 100;

    /// <summary>Whether a text can be a User ID.</summary>
    public static bool IsUserId(string userId)
    {
        try
        {
            _ = UserIds.Normalize(userId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether two texts are one User ID.</summary>
    public static bool IsSameUser(string one, string other) => IsUserId(one) && IsUserId(other) && UserIds.Normalize(one) == UserIds.Normalize(other);

    /// <summary>A User ID out of a record.</summary>
    public static string UserId(PersonalMembers members, string name)
    {
        string userId = members.Text(name, 2 * UserIds.MaxLength);
        return IsUserId(userId) ? userId : throw new JsonException($"{name} is no User ID.");
    }

    /// <summary>An identity out of a record, whose User ID is one.</summary>
    public static AccountIdentity Identity(byte[] bytes) =>
        AccountIdentity.TryRead(bytes, out AccountIdentity? identity, out string? fault) && IsUserId(identity.UserId)
            ? identity : throw new JsonException($"The identity {fault ?? "has no User ID"}.");
}
