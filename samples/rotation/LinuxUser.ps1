# The password of a user of this machine, which is the entry's User ID. As root.
#
#   $blocks = ./LinuxUser.ps1
#   Get-PasspackEntry -Tag local | Invoke-PasspackRotation @blocks
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'A block gets both passwords, whichever it needs.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseDeclaredVarsMoreThanAssignments', '', Justification = 'PowerShell itself reads the preference.')]
param()

@{
    # chpasswd reads standard input, so the password is no argument.
    Change = {
        param($Entry, $Old, $New)
        "$($Entry.UserId):$(ConvertFrom-SecureString $New -AsPlainText)" | chpasswd
    }
    # A login, by a user whom su asks for the password.
    Verify = {
        param($Entry, $Password)
        $PSNativeCommandUseErrorActionPreference = $false
        ConvertFrom-SecureString $Password -AsPlainText | runuser -u nobody -- su $Entry.UserId -s /bin/sh -c true 2>$null
        $LASTEXITCODE -eq 0
    }
    Undo = {
        param($Entry, $Old, $New)
        "$($Entry.UserId):$(ConvertFrom-SecureString $Old -AsPlainText)" | chpasswd
    }
}
