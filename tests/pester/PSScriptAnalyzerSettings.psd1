@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # Examples ask with Read-Host and Get-Credential; a test answers in their place.
        'PSAvoidOverwritingBuiltInCmdlets'
        # Secrets in tests are made up.
        'PSAvoidUsingConvertToSecureStringWithPlainText', 'PSAvoidUsingPlainTextForPassword', 'PSAvoidUsingUsernameAndPasswordParams'
        # Pester carries variables from block to block; the analyzer sees each alone.
        'PSUseDeclaredVarsMoreThanAssignments'
        # Helpers of tests are no cmdlets.
        'PSUseShouldProcessForStateChangingFunctions', 'PSUseSingularNouns', 'PSUseApprovedVerbs'
        # What was not tested must be told where a person looks.
        'PSAvoidUsingWriteHost'
        # UTF-8 without one, as everywhere.
        'PSUseBOMForUnicodeEncodedFile'
    )
}
