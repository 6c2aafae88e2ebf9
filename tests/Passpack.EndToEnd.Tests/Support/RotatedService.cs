using Passpack.Sync.Rotations;
using Passpack.Vault.Account;
using Passpack.Vault.Files;
using Passpack.Vault.Rotations;

namespace Passpack.EndToEnd.Tests.Support;

/// <summary>Where a rotated password is used: a file that holds the one in force. A process can be killed in each block, before and after what that does.</summary>
internal sealed class RotatedService(string file)
{
    public string InForce
    {
        get => File.ReadAllText(file);
        set => File.WriteAllText(file, value);
    }

    public RotationBlocks Blocks => new()
    {
        Change = passwords => Set(passwords.New, "the change"),
        Verify = (_, asked) =>
        {
            Failpoints.Hit("in the verification");
            return Task.FromResult(InForce == asked);
        },
        Undo = passwords => Set(passwords.Old, "the undoing"),
    };

    public PasswordRotation Rotation(LocalVault vault) => new(vault, Blocks, new RotationOptions());

    public Task<RotationOutcome> ResumeAsync(LocalVault vault, Guid id) => Rotation(vault).ResumeAsync(id, UnfinishedRotation.Find(vault, id)!.Pending);

    public Task<RotationOutcome> UndoAsync(LocalVault vault, Guid id) => Rotation(vault).UndoAsync(id, UnfinishedRotation.Find(vault, id)!.Pending);

    private Task Set(string password, string block)
    {
        Failpoints.Hit($"begin of {block}");
        InForce = password;
        Failpoints.Hit($"end of {block}");
        return Task.CompletedTask;
    }
}
