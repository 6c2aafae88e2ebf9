using Passpack.Protocol;
using Passpack.Server.Storage;

namespace Passpack.Server.Accounts;

/// <summary>The invitation for the first account of a server that takes only who is invited; that account is an administrator's.</summary>
internal static class FirstInvitation
{
    /// <summary>The name of the file in the data folder that has it.</summary>
    public const string FileName = "first-invitation.txt";

    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    /// <summary>Makes one while there is no account, in a file that only its owner can read: a log is read by others.</summary>
    /// <returns>The file. Null if there is an account.</returns>
    public static async Task<string?> WriteAsync(IServerStore store, string folder, DateTimeOffset now, CancellationToken cancel)
    {
        DataFolder.Prepare(folder);
        string file = Path.Combine(folder, FileName);
        // That of the last start; of what is another's, the folder is free (DataFolder).
        File.Delete(file);
        if (await store.HasAccountsAsync(cancel))
            return null;
        string invitation = Invitations.Create();
        await store.AddInvitationAsync(new NewInvitation(Invitations.HashOf(invitation), Administrator: true, now + Life), null, Act.OfServer(now), cancel);
        await using var writer = new StreamWriter(
            file, DataFolder.OwnerOnly(new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }));
        await writer.WriteLineAsync(invitation.AsMemory(), cancel);
        return file;
    }
}
