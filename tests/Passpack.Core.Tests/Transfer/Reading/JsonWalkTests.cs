using System.Text;
using System.Text.Json;
using Passpack.Transfer.Reading;
using Passpack.Vault.Files;

namespace Passpack.Core.Tests.Transfer.Reading;

public sealed class JsonWalkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public void Nested_objects_and_arrays_are_walked_whatever_pieces_they_come_in(int pieceBytes)
    {
        string padding = new('x', 20_000); // So that a value goes over the buffer's end.
        var walk = new JsonItems(new Pieces($$"""
            { "a\u0062" : [ 1, {"p":"{{padding}}"}, [ ] , "{{padding}}" ], "skipped": [ { "x": [ 1, 2 ] }, null ], "empty": { }, "none": [],
              "deep": { "inner": [ { "n": 1, "list": [ true, false ] } ] }, "number": 12345 }
            """, pieceBytes));
        Assert.True(walk.Enter('{'));
        Assert.Equal("ab", Name());
        Assert.True(walk.Enter('['));
        Assert.Equal([JsonValueKind.Number, JsonValueKind.Object, JsonValueKind.Array, JsonValueKind.String], Items().Select(item => item.ValueKind));
        Assert.Equal("skipped", Name());
        walk.Skip();
        Assert.Equal("empty", Name());
        Assert.False(walk.Enter('['));
        Assert.True(walk.Enter('{'));
        Assert.False(walk.TryReadName(out _));
        Assert.Equal("none", Name());
        Assert.True(walk.Enter('['));
        Assert.Empty(Items());
        Assert.Equal("deep", Name());
        Assert.True(walk.Enter('{'));
        Assert.Equal("inner", Name());
        Assert.True(walk.Enter('['));
        Assert.True(walk.TryStepToItem());
        Assert.True(walk.Enter('{'));
        Assert.Equal("n", Name());
        Assert.Equal(1, walk.Read().GetInt32());
        Assert.Equal("list", Name());
        Assert.True(walk.Enter('['));
        Assert.Equal([JsonValueKind.True, JsonValueKind.False], Items().Select(item => item.ValueKind));
        Assert.False(walk.TryReadName(out _));
        Assert.False(walk.TryStepToItem());
        Assert.False(walk.TryReadName(out _));
        Assert.Equal("number", Name());
        Assert.Equal(12345, walk.Read().GetInt32());
        Assert.False(walk.TryReadName(out _));
        walk.End();

        string Name() => walk.TryReadName(out string name) ? name : throw new InvalidOperationException("There is no further member.");

        List<JsonElement> Items()
        {
            List<JsonElement> items = [];
            while (walk.TryReadItem(out JsonElement item))
                items.Add(item);
            return items;
        }
    }

    [Theory]
    [InlineData("{ \"a\": 1, }")]
    [InlineData("{ \"a\" 1 }")]
    [InlineData("{ a: 1 }")]
    [InlineData("{ 1: 1 }")]
    [InlineData("{ \"a\": 1 \"b\": 2 }")]
    [InlineData("{ \"a\": 1 ] ")]
    [InlineData("{ \"a\": ")]
    [InlineData("{ \"a\": 1")]
    [InlineData("{ \"a\": 1 } more")]
    [InlineData("{ \"\\ud800\": 1 }")]
    [InlineData("{ \"a\": [ 1, ] }")]
    [InlineData("{ \"a\": [ 1 2 ] }")]
    public void Broken_JSON_ends_in_one_kind_of_error(string json)
    {
        var walk = new JsonItems(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        Assert.ThrowsAny<JsonException>(() =>
        {
            for (bool isObject = walk.Enter('{'); isObject && walk.TryReadName(out _);)
                walk.Skip();
            walk.End();
        });
    }

    [Fact]
    public void Nesting_without_end_is_refused_without_recursion()
    {
        var walk = new JsonItems(new MemoryStream(Encoding.UTF8.GetBytes(new string('[', 100_000))));
        Assert.ThrowsAny<JsonException>(() =>
        {
            while (walk.Enter('['))
                _ = walk.TryStepToItem();
        });
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class Pieces(string text, int bytes) : ForwardStream
    {
        private readonly MemoryStream _inner = new(Encoding.UTF8.GetBytes(text));

        public override int Read(Span<byte> buffer) => _inner.Read(buffer[..Math.Min(buffer.Length, bytes)]);
    }
}
