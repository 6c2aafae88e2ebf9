@{
    RootModule           = 'Passpack.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '5c0a1f0e-7d0b-4b43-9a55-2b6f6c1d9e77'
    Author               = 'PasspackPS'
    CompanyName          = 'PasspackPS'
    Copyright            = 'Copyright (c) PasspackPS contributors. MIT license.'
    Description          = 'A Passpack password vault on this machine: works offline, and syncs with an online account that cannot read it.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')

    # Microsoft.PowerShell.SecretManagement looks for the extension in this place, under this name. It exports nothing through the module.
    NestedModules        = @('Passpack.Extension')
    FormatsToProcess     = @('Passpack.Format.ps1xml')
    TypesToProcess       = @('Passpack.Types.ps1xml')

    # The one list of what the module exports. Wildcards would make PowerShell open every assembly to learn what there is.
    CmdletsToExport      = @(
        'Add-PasspackAttachment'
        'Backup-PasspackVault'
        'Connect-PasspackAccount'
        'ConvertTo-PasspackReference'
        'Disable-PasspackSecondFactor'
        'Disable-PasspackServerAccount'
        'Disable-PasspackUnattendedUnlock'
        'Disconnect-PasspackAccount'
        'Enable-PasspackSecondFactor'
        'Enable-PasspackServerAccount'
        'Enable-PasspackUnattendedUnlock'
        'Expand-PasspackTemplate'
        'Export-PasspackEntry'
        'Export-PasspackHealthReport'
        'Find-PasspackDuplicate'
        'Get-PasspackAttachment'
        'Get-PasspackBackup'
        'Get-PasspackDevice'
        'Get-PasspackEntry'
        'Get-PasspackEntryHistory'
        'Get-PasspackEvent'
        'Get-PasspackHealth'
        'Get-PasspackLocalAccount'
        'Get-PasspackRotation'
        'Get-PasspackServerAccount'
        'Get-PasspackServerEvent'
        'Get-PasspackServerInvitation'
        'Get-PasspackServerState'
        'Get-PasspackSyncHistory'
        'Get-PasspackSyncTask'
        'Get-PasspackTag'
        'Get-PasspackTotp'
        'Import-PasspackEntry'
        'Invoke-PasspackCommand'
        'Invoke-PasspackRotation'
        'Lock-PasspackVault'
        'Measure-PasspackKey'
        'Merge-PasspackEntry'
        'New-PasspackAccount'
        'New-PasspackEntry'
        'New-PasspackLocalAccount'
        'New-PasspackPassword'
        'New-PasspackServerInvitation'
        'Protect-PasspackText'
        'Register-PasspackSyncTask'
        'Remove-PasspackAccount'
        'Remove-PasspackAttachment'
        'Remove-PasspackDevice'
        'Remove-PasspackEntry'
        'Remove-PasspackLocalAccount'
        'Remove-PasspackServerAccount'
        'Remove-PasspackServerInvitation'
        'Reset-PasspackLocalAccount'
        'Reset-PasspackServerAccount'
        'Resolve-PasspackReference'
        'Restore-PasspackAccount'
        'Restore-PasspackEntry'
        'Restore-PasspackVault'
        'Resume-PasspackRotation'
        'Save-PasspackAttachment'
        'Set-PasspackEntry'
        'Set-PasspackLocalAccount'
        'Set-PasspackPackingKey'
        'Set-PasspackPassword'
        'Set-PasspackServerAccount'
        'Sync-PasspackVault'
        'Test-PasspackReference'
        'Test-PasspackVault'
        'Undo-PasspackRotation'
        'Unlock-PasspackVault'
        'Unprotect-PasspackText'
        'Unregister-PasspackSyncTask'
        'Update-PasspackLocalAccount'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('Passpack', 'Password', 'Vault', 'Secret', 'Offline', 'Sync', 'Windows', 'Linux', 'MacOS', 'PSEdition_Core')
            ProjectUri   = 'https://github.com/PasspackPS/PasspackPS'
            LicenseUri   = 'https://github.com/PasspackPS/PasspackPS/blob/main/LICENSE'
            ReleaseNotes = 'https://github.com/PasspackPS/PasspackPS/blob/main/CHANGELOG.md'
        }
    }
}
