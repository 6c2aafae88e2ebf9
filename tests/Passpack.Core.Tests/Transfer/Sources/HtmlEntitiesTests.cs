using System.Text;
using Passpack.Transfer.Sources.Browsers;

namespace Passpack.Core.Tests.Transfer.Sources;

public sealed class HtmlEntitiesTests
{
    [Theory]
    [InlineData("a,b", false)]
    [InlineData("a &amp; b", true)]
    [InlineData("a &LT;&gt;&quot;&#39;&#039; b", true)]
    [InlineData("a &amp; b & c", false)]
    [InlineData("a &amp; b < c", false)]
    [InlineData("a &amp; b > c", false)]
    [InlineData("a &amp; b &nbsp; c", false)] // No export writes that one.
    [InlineData("a &amp; b &am", false)]
    [InlineData("a &amp; b &", false)]
    [InlineData("", false)]
    public void A_file_is_escaped_as_a_whole_or_not_at_all(string text, bool are)
    {
        // Wherever in the file it is, also where the reading goes over from one piece to the next.
        foreach (int before in new[] { 0, 1, (1 << 16) - 12, (1 << 16) - 7, (1 << 16) - 5, (1 << 16) - 3, (1 << 16) - 1, 1 << 16, (1 << 17) - 4 })
        {
            var file = new MemoryStream(Encoding.UTF8.GetBytes(new string('é', before / 2) + new string('x', before % 2) + text));
            file.Position = Math.Min(1, file.Length);
            Assert.Equal(are, HtmlEntities.Are(file));
            Assert.Equal(Math.Min(1, file.Length), file.Position);
        }
    }

    [Theory]
    [InlineData("&amp;lt;", "&lt;")]
    [InlineData("&lt;a href=&quot;x&quot;&gt;&#39;&#039;&amp;", "<a href=\"x\">''&")]
    public void Each_entity_is_decoded_once(string text, string meant) => Assert.Equal(meant, HtmlEntities.Decode(text));
}
