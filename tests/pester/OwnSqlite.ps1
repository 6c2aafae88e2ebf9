# Opens the SQLite that lives in deps/, as Core does, and says which one it is. The module must be imported.
$core = [Reflection.Assembly]::Load('Passpack.Core')
$context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($core)
$sqlite = $context.LoadFromAssemblyName('Microsoft.Data.Sqlite')
$connection = $sqlite.GetType('Microsoft.Data.Sqlite.SqliteConnection')::new('Data Source=:memory:')
$connection.Open()
'{0} {1} {2}' -f $context.Name, $sqlite.GetName().Version, $connection.ServerVersion
$connection.Dispose()
