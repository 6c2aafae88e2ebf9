using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Net;
using System.Security;
using System.Text;

namespace Passpack.TestCmdlets;

/// <summary>A screen before which somebody sits who types these answers, and sees what is written.</summary>
public sealed class AnsweringHost(string[] answers) : PSHost
{
    private readonly Screen _screen = new(new Queue<string>(answers));

    /// <summary>Everything that stood on the screen. What was typed hidden is not among it.</summary>
    public string Shown => _screen.Shown.ToString();

    /// <summary>Answers that nobody has asked for yet.</summary>
    public int Left => _screen.Answers.Count;

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => nameof(AnsweringHost);

    public override PSHostUserInterface UI => _screen;

    public override Version Version { get; } = new(1, 0);

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode) => throw new NotSupportedException();

    private sealed class Screen(Queue<string> answers) : PSHostUserInterface
    {
        public Queue<string> Answers { get; } = answers;

        public StringBuilder Shown { get; } = new();

        public override PSHostRawUserInterface? RawUI => null;

        public override string ReadLine() => Answers.Dequeue();

        public override SecureString ReadLineAsSecureString() => new NetworkCredential("", Answers.Dequeue()).SecurePassword;

        public override void Write(string value) => Shown.Append(value);

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Shown.Append(value);

        public override void WriteLine(string value) => Shown.AppendLine(value);

        public override void WriteDebugLine(string message) => Shown.AppendLine(message);

        public override void WriteErrorLine(string value) => Shown.AppendLine(value);

        public override void WriteVerboseLine(string message) => Shown.AppendLine(message);

        public override void WriteWarningLine(string message) => Shown.AppendLine(message);

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
        {
            Shown.AppendLine(caption).AppendLine(message);
            return descriptions.ToDictionary(field => field.Name, field =>
            {
                Shown.Append(field.Name).AppendLine(": ");
                return PSObject.AsPSObject(field.ParameterTypeName == nameof(SecureString) ? ReadLineAsSecureString() : ReadLine());
            });
        }

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) => throw new NotSupportedException();

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw new NotSupportedException();

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw new NotSupportedException();
    }
}
