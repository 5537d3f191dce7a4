package db

// The statement whose plan is looked at.
const ForgetSubmissions = forgetSubmissions
