# The password of a role of PostgreSQL, which is the entry's User ID. psql takes PGHOST, PGPORT and PGDATABASE; PGUSER is a role that may alter others.
#
#   $blocks = ./PostgresRole.ps1
#   Get-PasspackEntry 'db of the shop' | Invoke-PasspackRotation @blocks
#
# Not every character can stand in a statement of one line: use the generator's. A server with log_statement = ddl or all logs the statement.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'A block gets both passwords, whichever it needs.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'PowerShell itself reads the preference.')]
param()

@{
    # psql reads the statement from standard input, so the password is no argument.
    Change = {
        param($Entry, $Old, $New)
        $role = $Entry.UserId -replace '"', '""'
        $password = (ConvertFrom-SecureString $New -AsPlainText) -replace "'", "''"
        "ALTER ROLE `"$role`" PASSWORD '$password';" | psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1
    }
    # A login. Invoke-PasspackCommand gives psql alone the variable.
    Verify = {
        param($Entry, $Password)
        $PSNativeCommandUseErrorActionPreference = $false
        $null = Invoke-PasspackCommand psql -ArgumentList '--no-psqlrc', '--no-password', '--username', $Entry.UserId, '--command', 'SELECT 1' -Environment @{ PGPASSWORD = $Password } 2>$null
        $LASTEXITCODE -eq 0
    }
    Undo = {
        param($Entry, $Old, $New)
        $role = $Entry.UserId -replace '"', '""'
        $password = (ConvertFrom-SecureString $Old -AsPlainText) -replace "'", "''"
        "ALTER ROLE `"$role`" PASSWORD '$password';" | psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1
    }
}
