using System.Management.Automation;
using Microsoft.Data.Sqlite;

namespace Passpack.ConflictingModule;

/// <summary>Says which SQLite this module runs on: the version of its managed assembly, and of the native library.</summary>
[Cmdlet(VerbsCommon.Get, "ConflictingSqlite")]
[OutputType(typeof(string))]
public sealed class GetConflictingSqliteCommand : PSCmdlet
{
    protected override void ProcessRecord()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        WriteObject(typeof(SqliteConnection).Assembly.GetName().Version!.ToString());
        WriteObject(connection.ServerVersion);
    }
}
