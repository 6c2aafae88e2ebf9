using Passpack.Protocol;
using Passpack.Vault.Files;
using Passpack.Vault.Unlocking;

namespace Passpack.Scheduling;

/// <summary>The account of a service that a task runs as, in place of the user who registers it.</summary>
public static class TaskUser
{
    /// <summary>Why no task of this data folder can be registered to run as a user. Null if one can.</summary>
    /// <param name="user">The account of this machine.</param>
    /// <param name="dataFolder">Where the account to sync lives.</param>
    /// <param name="keyFile">What unlocks it. Null: the key in the data folder.</param>
    /// <exception cref="ArgumentException">There is no such user.</exception>
    public static PasspackException? WhyNot(string user, string dataFolder, string? keyFile)
    {
        ArgumentNullException.ThrowIfNull(user);
        // There the scheduler itself says what it lacks.
        if (OperatingSystem.IsWindows())
            return null;
        PosixUser found = PosixUser.Find(user) ?? throw KeyFileRecipient.NoSuchUser(user);
        if (!PosixUser.AmRoot)
        {
            return new PasspackException(ErrorCodes.SchedulerFailed,
                $"Only root registers a task that runs as another user, {user}. Run: sudo env PASSPACK_HOME={Posix.Quoted(dataFolder)} pwsh, " +
                "and this command in it.") { Target = user };
        }
        if (PosixFile.Of(dataFolder).Owner != found.Id)
        {
            return new PasspackException(ErrorCodes.UnattendedRefused,
                $"The data folder {dataFolder} is not {user}'s, so the task could not use it. Set the account up as {user} " +
                $"(Connect-PasspackAccount -KeyFile), or run: chown -R {Posix.Quoted(user)}: {Posix.Quoted(dataFolder)}")
            { Target = dataFolder };
        }
        return keyFile is null || (File.Exists(keyFile) && PosixFile.Of(keyFile).Owner is var owner && (owner == found.Id || owner == 0)) ? null
            : new PasspackException(ErrorCodes.UnattendedRefused,
                $"The key file {keyFile} is not there, or is neither {user}'s nor root's. Make it with 'Enable-PasspackUnattendedUnlock -RunAsUser {user} " +
                $"-KeyFile ...', or run: chown {Posix.Quoted(user)}: {Posix.Quoted(keyFile)}") { Target = keyFile };
    }
}
