// Beside the server that they start, most of these tests are no part of the quick selection (CONTRIBUTING.md); those that are say so themselves.
[assembly: Xunit.Trait("Pace", "Slow")]
