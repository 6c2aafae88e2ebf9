using System.Management.Automation;
using Passpack.Health.Breaches;
using Passpack.Health.Checks;
using Passpack.Protocol;
using Passpack.Vault.Account;

namespace Passpack.PowerShell.Commands;

/// <summary>A cmdlet that looks at the health of all entries of an account.</summary>
public abstract class HealthCmdlet : AccountCmdlet
{
    private readonly SortedDictionary<HealthKind, int> _counts = [];

    /// <summary>Only these reasons; by default all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public HealthKind[]? Kind { get; set; }

    /// <summary>The rating in bits below which a password is weak.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int MinimumRating { get; set; } = HealthOptions.DefaultRating;

    /// <summary>After so many days without a change a password is old.</summary>
    [Parameter]
    [ValidateRange(1, 36500)]
    public int OldAfterDays { get; set; } = HealthOptions.DefaultDays;

    /// <summary>Breached passwords on this machine: a Pwned Passwords file that is ordered by hash, or a folder of its ranges.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BreachList { get; set; }

    /// <summary>The address of a range API of breached passwords. It is told the first 5 digits of the hash of each password.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? BreachUri { get; set; }

    /// <summary>Hosts, such as github.com, whose entries should have one-time codes.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? TotpHost { get; set; }

    /// <summary>Ends with the terminating error HealthFindings, after all findings, if any is of these reasons.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public HealthKind[]? FailOn { get; set; }

    private protected HealthOptions Options => new()
    {
        Kinds = [.. (Kind ?? []).Select(EnumMap.To<HealthKind, Passpack.Health.Checks.HealthKind>)],
        MinimumRating = MinimumRating,
        OldAfterDays = OldAfterDays,
        TotpHosts = TotpHost ?? [],
    };

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancellationToken)
    {
        if (BreachList is not null && BreachUri is not null)
            throw ErrorRecords.Invalid("-BreachList and -BreachUri both say where breached passwords are known: give one of them.", null);
        RequireLookedFor(Kind, nameof(Kind));
        RequireLookedFor(FailOn, nameof(FailOn));
        if (FailOn?.Where(kind => Kind is not null && !Kind.Contains(kind)).ToArray() is [var never, ..])
            throw ErrorRecords.Invalid($"-FailOn {never} would never fail: -Kind leaves it out.", never);
        return Task.CompletedTask;
    }

    /// <summary>Looks at an account's entries.</summary>
    /// <param name="vault">The account.</param>
    /// <param name="found">Called with each finding, at once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private protected async Task<HealthTotals> LookAsync(
        LocalVault vault, Action<Passpack.Health.Checks.HealthFinding> found, CancellationToken cancellationToken)
    {
        using BreachList? list = BreachList is null ? null : Passpack.Health.Breaches.BreachList.Open(ResolveFile(BreachList));
        using BreachService? service = BreachUri is null ? null : new BreachService(BreachUri);
        var scan = new HealthScan(vault, Options, list, service);
        await foreach (Passpack.Health.Checks.HealthFinding finding in scan.RunAsync(damaged => WriteError(damaged), cancellationToken))
        {
            HealthKind kind = EnumMap.To<Passpack.Health.Checks.HealthKind, HealthKind>(finding.Kind);
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            found(finding);
        }
        WriteVerbose($"Looked at {scan.Totals.Entries:N0} entries of {vault.UserId}, {scan.Totals.Passwords:N0} of them with a password."
            + (service is null ? "" : $" {service.Requests:N0} requests went to {BreachUri!.Host}."));
        return scan.Totals;
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancellationToken)
    {
        string[] failed = [.. _counts.Where(count => FailOn?.Contains(count.Key) is true).Select(count => $"{count.Key} ({count.Value:N0})")];
        return failed.Length == 0 ? Task.CompletedTask : throw new PasspackException(ErrorCodes.HealthFindings,
            $"There are findings that -FailOn names: {string.Join(", ", failed)}.");
    }

    // Whoever asks for these alone and forgets what they need would be told that all is well.
    private void RequireLookedFor(HealthKind[]? kinds, string parameter)
    {
        if (kinds?.Contains(HealthKind.Breached) is true && BreachList is null && BreachUri is null)
            throw ErrorRecords.Invalid($"-{parameter} Breached needs a list of breached passwords: -BreachList, or -BreachUri.", HealthKind.Breached);
        if (kinds?.Contains(HealthKind.NoTotp) is true && TotpHost is null)
            throw ErrorRecords.Invalid($"-{parameter} NoTotp needs the hosts that offer one-time codes: -TotpHost.", HealthKind.NoTotp);
    }
}
