namespace Passpack.Automation.Running;

/// <summary>How a child process is asked to end.</summary>
public enum ChildEnd
{
    /// <summary>It has been interrupted by the terminal.</summary>
    Await,

    /// <summary>By what a terminal sends at Ctrl+C.</summary>
    Interrupt,

    /// <summary>By a termination: nobody wants its output.</summary>
    Terminate,
}
