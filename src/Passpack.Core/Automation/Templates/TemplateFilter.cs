namespace Passpack.Automation.Templates;

/// <summary>How a value is written into a template.</summary>
public enum TemplateFilter
{
    /// <summary>As it is.</summary>
    None,

    /// <summary>A string of JSON, quotes included.</summary>
    Json,

    /// <summary>A double-quoted scalar of YAML, quotes included.</summary>
    Yaml,

    /// <summary>Text of XML, for elements and attributes.</summary>
    Xml,

    /// <summary>A literal of PowerShell, quotes included.</summary>
    PowerShell,

    /// <summary>A word of a POSIX shell, quotes included.</summary>
    Sh,
}
