using Passpack.Automation.Running;

namespace Passpack.Core.Tests.Automation.Running;

public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("A=b", "A", "b")]
    [InlineData("export A=b", "A", "b")]
    [InlineData("  A =  b c  ", "A", "b c")]
    [InlineData("A=b # c", "A", "b")]
    [InlineData("A=b#c", "A", "b#c")]
    [InlineData("A=", "A", "")]
    [InlineData("A=x=y", "A", "x=y")]
    [InlineData("A='b \\n # $X'", "A", "b \\n # $X")]
    [InlineData("A=\"b\\n\\t\\\"\\\\\\$\\x\" # c", "A", "b\n\t\"\\$\\x")]
    [InlineData("A=passpack:///DB/pin", "A", "passpack:///DB/pin")]
    [InlineData("# c\r\n\r\nA=b\r\n", "A", "b")]
    public void A_variable_is_read(string text, string name, string value) =>
        Assert.Equal([new(name, value)], EnvironmentFile.Parse(text, "x.env"));

    [Theory]
    [InlineData("A=1\nhunter2", 2)]
    [InlineData("=hunter2", 1)]
    [InlineData("A B=hunter2", 1)]
    [InlineData("A='hunter2", 1)]
    [InlineData("A=\"hunter2\\\"", 1)]
    [InlineData("\nA='hunter2' x", 2)]
    public void A_fault_is_told_with_its_line_and_without_its_text(string text, int line)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => EnvironmentFile.Parse(text, "x.env"));
        Assert.Contains($"x.env, line {line}:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_come_in_their_order() =>
        Assert.Equal(["B", "A", "B"], EnvironmentFile.Parse("B=1\nA=2\nB=3", "x.env").Select(variable => variable.Key));
}
