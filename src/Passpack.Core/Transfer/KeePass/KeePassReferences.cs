using System.Text.RegularExpressions;

namespace Passpack.Transfer.KeePass;

/// <summary>
/// References between entries: <c>{REF:P@I:UUID}</c> stands for the Password of the entry with this UUID (https://keepass.info/help/base/fieldrefs.html).
/// Entries that hold some wait until a second reading has found what they lead to.
/// </summary>
internal sealed partial class KeePassReferences
{
    private const int MostSteps = 12;
    private const int MostCharacters = 1 << 20;

    // T title, U user name, P password, A address, N notes, I id, O other texts.
    private readonly Dictionary<(char Where, string Text), KeePassEntry?> _targets = new(new SearchComparer());

    public enum Outcome
    {
        None,
        Resolved,
        NoTarget,
        Circle,
    }

    public bool Any => _targets.Count > 0;

    public static bool HasSome(KeePassEntry entry) => entry.Texts.Exists(text => Pattern().IsMatch(text.Value));

    /// <summary>Notes what an entry's references lead to.</summary>
    public void Seek(KeePassEntry entry)
    {
        foreach (KeePassText text in entry.Texts)
        {
            foreach (Match match in Pattern().Matches(text.Value))
                _targets.TryAdd(Search(match), null);
        }
    }

    /// <summary>Takes an entry that a reference leads to; of several the first.</summary>
    public void Offer(KeePassEntry entry)
    {
        Take('I', entry.Id);
        Take('T', entry[KeePassEntry.Title]);
        Take('U', entry[KeePassEntry.UserName]);
        Take('P', entry[KeePassEntry.Password]);
        Take('A', entry[KeePassEntry.Url]);
        Take('N', entry[KeePassEntry.Notes]);
        foreach (KeePassText text in entry.Texts)
        {
            if (text.Key is not (KeePassEntry.Title or KeePassEntry.UserName or KeePassEntry.Password or KeePassEntry.Url or KeePassEntry.Notes))
                Take('O', text.Value);
        }

        void Take(char where, string value)
        {
            if (value.Length > 0 && _targets.TryGetValue((where, value), out KeePassEntry? known) && known is null)
                _targets[(where, value)] = entry;
        }
    }

    /// <summary>The text with the values that its references stand for. One that leads nowhere, or back to itself, leaves the whole text as it is.</summary>
    public string Resolve(string text, out Outcome outcome)
    {
        outcome = Pattern().IsMatch(text) ? Outcome.Resolved : Outcome.None;
        if (outcome == Outcome.None)
            return text;
        long characters = 0;
        string resolved = Expand(text, 0, ref outcome, ref characters);
        return outcome == Outcome.Resolved ? resolved : text;
    }

    // Steps are bounded as KeePass bounds them; the length as well, for texts that lead to several texts that lead to several.
    private string Expand(string text, int step, ref Outcome outcome, ref long characters)
    {
        (Outcome met, long length) = (outcome, characters);
        string expanded = Pattern().Replace(text, match =>
        {
            if (met != Outcome.Resolved)
                return "";
            if (step == MostSteps || length > MostCharacters)
                met = Outcome.Circle;
            else if (_targets.GetValueOrDefault(Search(match)) is not { } target)
                met = Outcome.NoTarget;
            else
                return Expand(Value(target, char.ToUpperInvariant(match.Groups[1].ValueSpan[0])), step + 1, ref met, ref length);
            return "";
        });
        (outcome, characters) = (met, length + expanded.Length);
        return expanded;
    }

    private static string Value(KeePassEntry target, char wanted) => wanted switch
    {
        'T' => target[KeePassEntry.Title],
        'U' => target[KeePassEntry.UserName],
        'P' => target[KeePassEntry.Password],
        'A' => target[KeePassEntry.Url],
        'N' => target[KeePassEntry.Notes],
        _ => target.Id,
    };

    private static (char Where, string Text) Search(Match match) => (char.ToUpperInvariant(match.Groups[2].ValueSpan[0]), match.Groups[3].Value);

    [GeneratedRegex(@"\{REF:([TUPANI])@([TUPANIO]):([^{}]+)\}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    private sealed class SearchComparer : IEqualityComparer<(char Where, string Text)>
    {
        public bool Equals((char Where, string Text) x, (char Where, string Text) y) =>
            x.Where == y.Where && string.Equals(x.Text, y.Text, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode((char Where, string Text) search) =>
            HashCode.Combine(search.Where, StringComparer.OrdinalIgnoreCase.GetHashCode(search.Text));
    }
}
