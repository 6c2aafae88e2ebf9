# UNTESTED: written without a domain. The password of an account of Active Directory, which is the entry's User ID (sAMAccountName). Needs the module
# ActiveDirectory, and the right to reset the password.
#
#   $blocks = ./ActiveDirectory.ps1
#   Get-PasspackEntry -Tag domain | Invoke-PasspackRotation @blocks
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'A block gets both passwords, whichever it needs.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'PowerShell itself reads the preference.')]
param()

@{
    Change = { param($Entry, $Old, $New) Set-ADAccountPassword -Identity $Entry.UserId -Reset -NewPassword $New }
    Verify = {
        param($Entry, $Password)
        try { $null = Get-ADUser -Identity $Entry.UserId -Credential ([pscredential]::new($Entry.UserId, $Password)); $true } catch { $false }
    }
    Undo = { param($Entry, $Old, $New) Set-ADAccountPassword -Identity $Entry.UserId -Reset -NewPassword $Old }
}
