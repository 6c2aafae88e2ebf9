# UNTESTED: written without Windows. The password of a local user of Windows, which is the entry's User ID. In an elevated session.
#
#   $blocks = ./WindowsUser.ps1
#   Get-PasspackEntry -Tag local | Invoke-PasspackRotation @blocks
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'A block gets both passwords, whichever it needs.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'PowerShell itself reads the preference.')]
param()

@{
    Change = { param($Entry, $Old, $New) Set-LocalUser -Name $Entry.UserId -Password $New }
    Verify = {
        param($Entry, $Password)
        Add-Type -AssemblyName System.DirectoryServices.AccountManagement
        $machine = [DirectoryServices.AccountManagement.PrincipalContext]::new('Machine')
        try { $machine.ValidateCredentials($Entry.UserId, (ConvertFrom-SecureString $Password -AsPlainText)) } finally { $machine.Dispose() }
    }
    Undo = { param($Entry, $Old, $New) Set-LocalUser -Name $Entry.UserId -Password $Old }
}
