@{
    # Information is of taste: positional parameters of our own two-word functions, and the like.
    Severity = @('Error', 'Warning')
}
